;; Vectors of float32 and an interval per coordinate, four lanes at a time. Offsets and length are in bytes; the length is a multiple of 16.
(module
  (memory (export "memory") 1)
  ;; point = clamp(point + step · sign(gradient), low, high). A gradient of 0 (or NaN) moves nothing.
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
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $length)))))
  ;; point = clamp(point, low, high). In this order of the operands a NaN of the point stays.
  (func (export "clamp") (param $length i32) (param $point i32) (param $low i32) (param $high i32)
    (local $at i32)
    (loop $next
      (v128.store (i32.add (local.get $point) (local.get $at))
        (f32x4.pmax
          (f32x4.pmin
            (v128.load (i32.add (local.get $point) (local.get $at)))
            (v128.load (i32.add (local.get $high) (local.get $at))))
          (v128.load (i32.add (local.get $low) (local.get $at)))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $length)))))
  ;; 1 where low <= point <= high in every lane, else 0.
  (func (export "within") (param $length i32) (param $point i32) (param $low i32) (param $high i32) (result i32)
    (local $at i32) (local $all v128) (local $x v128)
    (local.set $all (v128.const i32x4 -1 -1 -1 -1))
    (loop $next
      (local.set $x (v128.load (i32.add (local.get $point) (local.get $at))))
      (local.set $all
        (v128.and (local.get $all)
          (v128.and
            (f32x4.ge (local.get $x) (v128.load (i32.add (local.get $low) (local.get $at))))
            (f32x4.le (local.get $x) (v128.load (i32.add (local.get $high) (local.get $at)))))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $length))))
    (i32x4.all_true (local.get $all)))
  ;; The largest |a - b|, float64; NaN where there is one.
  (func (export "distance") (param $length i32) (param $a i32) (param $b i32) (result f64)
    (local $at i32) (local $low v128) (local $high v128) (local $odd v128) (local $one v128) (local $two v128)
    (loop $next
      (local.set $one
        (f64x2.sub
          (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $a) (local.get $at))))
          (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $b) (local.get $at))))))
      (local.set $two
        (f64x2.sub
          (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (i32.add (local.get $a) (local.get $at))))
          (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (i32.add (local.get $b) (local.get $at))))))
      ;; One instruction each, unlike max, but blind to NaN.
      (local.set $low (f64x2.pmax (local.get $low) (f64x2.abs (local.get $one))))
      (local.set $high (f64x2.pmax (local.get $high) (f64x2.abs (local.get $two))))
      (local.set $odd
        (v128.or (local.get $odd)
          (v128.or (f64x2.ne (local.get $one) (local.get $one)) (f64x2.ne (local.get $two) (local.get $two)))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $length))))
    (if (v128.any_true (local.get $odd)) (then (return (f64.const nan))))
    (local.set $low (f64x2.pmax (local.get $low) (local.get $high)))
    (f64.max (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low))))
  ;; The largest |a|; NaN where there is one.
  (func (export "largest") (param $length i32) (param $a i32) (result f64)
    (local $at i32) (local $x v128) (local $most v128) (local $odd v128)
    (loop $next
      (local.set $x (v128.load (i32.add (local.get $a) (local.get $at))))
      (local.set $most (f32x4.pmax (local.get $most) (f32x4.abs (local.get $x))))
      (local.set $odd (v128.or (local.get $odd) (f32x4.ne (local.get $x) (local.get $x))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $length))))
    (if (v128.any_true (local.get $odd)) (then (return (f64.const nan))))
    (f64.promote_f32
      (f32.max
        (f32.max (f32x4.extract_lane 0 (local.get $most)) (f32x4.extract_lane 1 (local.get $most)))
        (f32.max (f32x4.extract_lane 2 (local.get $most)) (f32x4.extract_lane 3 (local.get $most)))))))
