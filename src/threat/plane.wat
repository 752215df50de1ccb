;; The shortest displacement inside the box to a plane, in L∞ or L2: amounts min(λ·rate, room) along −value·w, with rate 1 (L∞) or |w|
;; (L2), and λ such that Σ |w|·amount = |value|. Two float64 lanes at a time. `length` is in bytes of float32, a multiple of 8. In memory, one after
;; another: point and w (float32); |w|, room and rate (float64). The displacement takes the place of room.
(module
  (memory (export "memory") 1)

  ;; Returns Σ |w|·rate, the slope at λ = 0.
  (func $prepare (param $length i32) (param $direction f64) (param $flat i32) (result f64)
    (local $at i32) (local $wide i32) (local $x v128) (local $slope v128) (local $size v128) (local $rate v128)
    (local $isFlat v128) (local $total v128)
    (local.set $isFlat (i64x2.splat (i64.extend_i32_s (i32.sub (i32.const 0) (local.get $flat)))))
    (loop $next
      (local.set $wide (i32.add (i32.mul (local.get $length) (i32.const 2)) (i32.mul (local.get $at) (i32.const 2))))
      (local.set $x (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at))))
      (local.set $slope
        (f64x2.mul (f64x2.splat (local.get $direction))
          (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $length) (local.get $at))))))
      (local.set $size (f64x2.abs (local.get $slope)))
      (local.set $rate (v128.bitselect (v128.const f64x2 1 1) (local.get $size) (local.get $isFlat)))
      (v128.store (local.get $wide) (local.get $size))
      (v128.store (i32.add (local.get $wide) (i32.mul (local.get $length) (i32.const 2)))
        (v128.bitselect
          (f64x2.sub (v128.const f64x2 1 1) (local.get $x))
          (local.get $x)
          (f64x2.gt (local.get $slope) (v128.const f64x2 0 0))))
      (v128.store (i32.add (local.get $wide) (i32.mul (local.get $length) (i32.const 4))) (local.get $rate))
      (local.set $total (f64x2.add (local.get $total) (f64x2.mul (local.get $size) (local.get $rate))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length))))
    (f64.add (f64x2.extract_lane 0 (local.get $total)) (f64x2.extract_lane 1 (local.get $total))))

  ;; λ by Newton's steps from 0 on a concave, piecewise linear sum: they never pass the solution, and end on it.
  (func $solve (param $length i32) (param $needed f64) (param $slopeAtZero f64) (result f64)
    (local $lambda f64) (local $next f64) (local $at i32) (local $end i32) (local $bytes i32)
    (local $size v128) (local $room v128) (local $rate v128) (local $reach v128) (local $sum v128) (local $slope v128)
    (if (f64.eq (local.get $slopeAtZero) (f64.const 0)) (then (return (f64.const 0))))
    (local.set $bytes (i32.mul (local.get $length) (i32.const 2)))
    (local.set $end (i32.mul (local.get $length) (i32.const 4)))
    (local.set $next (f64.div (local.get $needed) (local.get $slopeAtZero)))
    (loop $newton
      (local.set $lambda (local.get $next))
      (local.set $at (local.get $bytes))
      (local.set $sum (v128.const f64x2 0 0))
      (local.set $slope (v128.const f64x2 0 0))
      (loop $lanes
        (local.set $size (v128.load (local.get $at)))
        (local.set $room (v128.load (i32.add (local.get $at) (local.get $bytes))))
        (local.set $rate (v128.load (i32.add (local.get $at) (local.get $end))))
        (local.set $reach (f64x2.mul (f64x2.splat (local.get $lambda)) (local.get $rate)))
        (local.set $sum
          (f64x2.add (local.get $sum)
            (f64x2.mul (local.get $size) (f64x2.pmin (local.get $reach) (local.get $room)))))
        (local.set $slope
          (f64x2.add (local.get $slope)
            (v128.and (f64x2.lt (local.get $reach) (local.get $room))
              (f64x2.mul (local.get $size) (local.get $rate)))))
        (br_if $lanes (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
      (local.set $next
        (f64.add (local.get $lambda)
          (f64.div
            (f64.sub (local.get $needed)
              (f64.add (f64x2.extract_lane 0 (local.get $sum)) (f64x2.extract_lane 1 (local.get $sum))))
            (f64.add (f64x2.extract_lane 0 (local.get $slope)) (f64x2.extract_lane 1 (local.get $slope))))))
      (br_if $newton
        (i32.and
          (f64.gt (local.get $next) (f64.mul (local.get $lambda) (f64.const 1.000000000001)))
          (f64.lt (local.get $next) (f64.const inf)))))
    (local.get $lambda))

  ;; Writes the displacement; returns its length in the norm.
  (func (export "displace") (param $length i32) (param $value f64) (param $flat i32) (result f64)
    (local $direction f64) (local $lambda f64) (local $at i32) (local $wide i32)
    (local $slope v128) (local $amount v128) (local $largest v128) (local $squares v128)
    (local.set $direction (select (f64.const -1) (f64.const 1) (f64.gt (local.get $value) (f64.const 0))))
    (local.set $lambda
      (call $solve (local.get $length) (f64.abs (local.get $value))
        (call $prepare (local.get $length) (local.get $direction) (local.get $flat))))
    (loop $next
      (local.set $wide (i32.add (i32.mul (local.get $length) (i32.const 4)) (i32.mul (local.get $at) (i32.const 2))))
      (local.set $slope
        (f64x2.mul (f64x2.splat (local.get $direction))
          (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $length) (local.get $at))))))
      ;; Where w is 0 nothing moves.
      (local.set $amount
        (v128.and (f64x2.ne (local.get $slope) (v128.const f64x2 0 0))
          (f64x2.pmin
            (f64x2.mul (f64x2.splat (local.get $lambda))
              (v128.load (i32.add (local.get $wide) (i32.mul (local.get $length) (i32.const 2)))))
            (v128.load (local.get $wide)))))
      (v128.store (local.get $wide)
        (v128.xor (local.get $amount)
          (v128.and (local.get $slope) (v128.const i64x2 0x8000000000000000 0x8000000000000000))))
      (local.set $largest (f64x2.max (local.get $largest) (local.get $amount)))
      (local.set $squares (f64x2.add (local.get $squares) (f64x2.mul (local.get $amount) (local.get $amount))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length))))
    (if (result f64) (local.get $flat)
      (then (f64.max (f64x2.extract_lane 0 (local.get $largest)) (f64x2.extract_lane 1 (local.get $largest))))
      (else (f64.sqrt
        (f64.add (f64x2.extract_lane 0 (local.get $squares)) (f64x2.extract_lane 1 (local.get $squares))))))))
