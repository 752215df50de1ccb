;; Points along lines through float32 points, in float64, two lanes at a time. Offsets and length are in bytes; the length is a multiple of 16.
(module
  (memory (export "memory") 1)
  ;; to = from + forth·(to − from) + on·(from − before), rounded to float32
  (func (export "mix")
    (param $length i32) (param $forth f64) (param $on f64) (param $from i32) (param $to i32) (param $before i32)
    (local $at i32) (local $x v128) (local $forths v128) (local $ons v128)
    (local.set $forths (f64x2.splat (local.get $forth)))
    (local.set $ons (f64x2.splat (local.get $on)))
    (loop $next
      (local.set $x (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $from) (local.get $at)))))
      (v128.store64_lane 0 (i32.add (local.get $to) (local.get $at))
        (f32x4.demote_f64x2_zero
          (f64x2.add
            (f64x2.add (local.get $x)
              (f64x2.mul (local.get $forths)
                (f64x2.sub
                  (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $to) (local.get $at))))
                  (local.get $x))))
            (f64x2.mul (local.get $ons)
              (f64x2.sub (local.get $x)
                (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $before) (local.get $at)))))))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length))))))
