;; One L∞ ascent step on float32 vectors: point = clamp(point + step · sign(gradient), low, high), four lanes at a time.
;; Offsets and length are in bytes; the length is a multiple of 16. A gradient of 0 (or NaN) moves nothing.
(module
  (memory (export "memory") 1)
  (func (export "step")
    (param $length i32) (param $step f32) (param $point i32) (param $gradient i32) (param $low i32) (param $high i32)
    (local $at i32) (local $steps v128) (local $slope v128)
    (local.set $steps (f32x4.splat (local.get $step)))
    (loop $next
      (local.set $slope (v128.load (i32.add (local.get $gradient) (local.get $at))))
      (v128.store (i32.add (local.get $point) (local.get $at))
        (f32x4.pmax (v128.load (i32.add (local.get $low) (local.get $at)))
          (f32x4.pmin (v128.load (i32.add (local.get $high) (local.get $at)))
            (f32x4.add (v128.load (i32.add (local.get $point) (local.get $at)))
              ;; The step with the gradient's sign bit, kept where the gradient is below or above 0.
              (v128.and
                (v128.or (local.get $steps)
                  (v128.and (local.get $slope) (v128.const i32x4 0x80000000 0x80000000 0x80000000 0x80000000)))
                (v128.or
                  (f32x4.gt (local.get $slope) (v128.const f32x4 0 0 0 0))
                  (f32x4.lt (local.get $slope) (v128.const f32x4 0 0 0 0))))))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $length))))))
