;; The shortest displacement inside the box to a plane, in L∞ or L2: amounts min(λ·rate, room) along −value·w, with rate 1 (L∞) or |w|
;; (L2), and λ such that Σ |w|·amount = |value|. Two float64 lanes at a time. `length` is in bytes of float32, a multiple of 16. In memory, one
;; after another: w, a point and an origin (float32); |w|, rate, and the room of the point and of the origin (float64), whose places their
;; displacements take.
(module
  (memory (export "memory") 1)

  (func $total (param $lanes v128) (result f64)
    (f64.add (f64x2.extract_lane 0 (local.get $lanes)) (f64x2.extract_lane 1 (local.get $lanes))))

  ;; Writes |w| and rate. Returns Σ |w|·rate, the slope at λ = 0.
  (func $measure (param $length i32) (param $flat i32) (result f64)
    (local $at i32) (local $wide i32) (local $size v128) (local $rate v128) (local $isFlat v128) (local $sum v128)
    (local.set $isFlat (i64x2.splat (i64.extend_i32_s (i32.sub (i32.const 0) (local.get $flat)))))
    (loop $next
      (local.set $wide (i32.add (i32.mul (local.get $length) (i32.const 3)) (i32.mul (local.get $at) (i32.const 2))))
      (local.set $size (f64x2.abs (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at)))))
      (local.set $rate (v128.bitselect (v128.const f64x2 1 1) (local.get $size) (local.get $isFlat)))
      (v128.store (local.get $wide) (local.get $size))
      (v128.store (i32.add (local.get $wide) (i32.mul (local.get $length) (i32.const 2))) (local.get $rate))
      (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (local.get $size) (local.get $rate))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length))))
    (call $total (local.get $sum)))

  ;; Room of each coordinate of a point.
  (func $survey (param $length i32) (param $direction f64) (param $point i32) (param $rooms i32)
    (local $at i32) (local $x v128)
    (loop $next
      (local.set $x (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $point) (local.get $at)))))
      (v128.store (i32.add (local.get $rooms) (i32.mul (local.get $at) (i32.const 2)))
        (v128.bitselect
          (f64x2.sub (v128.const f64x2 1 1) (local.get $x))
          (local.get $x)
          (f64x2.gt (f64x2.mul (f64x2.splat (local.get $direction)) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at)))) (v128.const f64x2 0 0))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length)))))

  ;; λ by Newton's steps from 0 on a concave, piecewise linear sum: they never pass the solution, and end on it.
  (func $solve (param $length i32) (param $needed f64) (param $slopeAtZero f64) (param $rooms i32) (result f64)
    (local $lambda f64) (local $next f64) (local $at i32) (local $sizes i32) (local $rates i32) (local $end i32)
    (local $size v128) (local $room v128) (local $rate v128) (local $reach v128)
    (local $sum v128) (local $slope v128) (local $sum2 v128) (local $slope2 v128)
    (if (f64.eq (local.get $slopeAtZero) (f64.const 0)) (then (return (f64.const 0))))
    (local.set $sizes (i32.mul (local.get $length) (i32.const 3)))
    (local.set $rates (i32.mul (local.get $length) (i32.const 5)))
    (local.set $end (i32.mul (local.get $length) (i32.const 2)))
    (local.set $next (f64.div (local.get $needed) (local.get $slopeAtZero)))
    (loop $newton
      (local.set $lambda (local.get $next))
      (local.set $at (i32.const 0))
      (local.set $sum (v128.const f64x2 0 0))
      (local.set $slope (v128.const f64x2 0 0))
      (local.set $sum2 (v128.const f64x2 0 0))
      (local.set $slope2 (v128.const f64x2 0 0))
      ;; Two independent sums: one would wait for itself at every addition.
      (loop $lanes
        (local.set $size (v128.load (i32.add (local.get $sizes) (local.get $at))))
        (local.set $room (v128.load (i32.add (local.get $rooms) (local.get $at))))
        (local.set $rate (v128.load (i32.add (local.get $rates) (local.get $at))))
        (local.set $reach (f64x2.mul (f64x2.splat (local.get $lambda)) (local.get $rate)))
        (local.set $sum
          (f64x2.add (local.get $sum) (f64x2.mul (local.get $size) (f64x2.pmin (local.get $reach) (local.get $room)))))
        (local.set $slope
          (f64x2.add (local.get $slope)
            (v128.and (f64x2.lt (local.get $reach) (local.get $room)) (f64x2.mul (local.get $size) (local.get $rate)))))
        (local.set $size (v128.load offset=16 (i32.add (local.get $sizes) (local.get $at))))
        (local.set $room (v128.load offset=16 (i32.add (local.get $rooms) (local.get $at))))
        (local.set $rate (v128.load offset=16 (i32.add (local.get $rates) (local.get $at))))
        (local.set $reach (f64x2.mul (f64x2.splat (local.get $lambda)) (local.get $rate)))
        (local.set $sum2
          (f64x2.add (local.get $sum2) (f64x2.mul (local.get $size) (f64x2.pmin (local.get $reach) (local.get $room)))))
        (local.set $slope2
          (f64x2.add (local.get $slope2)
            (v128.and (f64x2.lt (local.get $reach) (local.get $room)) (f64x2.mul (local.get $size) (local.get $rate)))))
        (br_if $lanes (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 32))) (local.get $end))))
      (local.set $next
        (f64.add (local.get $lambda)
          (f64.div
            (f64.sub (local.get $needed) (call $total (f64x2.add (local.get $sum) (local.get $sum2))))
            (call $total (f64x2.add (local.get $slope) (local.get $slope2))))))
      (br_if $newton
        (i32.and
          (f64.gt (local.get $next) (f64.mul (local.get $lambda) (f64.const 1.000000000001)))
          (f64.lt (local.get $next) (f64.const inf)))))
    (local.get $lambda))

  ;; Writes the displacement of a point; returns its length in the norm.
  (func $displace
    (param $length i32) (param $value f64) (param $flat i32) (param $slopeAtZero f64) (param $point i32) (param $rooms i32) (result f64)
    (local $direction f64) (local $lambda f64) (local $at i32) (local $wide i32)
    (local $slope v128) (local $amount v128) (local $largest v128) (local $squares v128)
    (local.set $direction (select (f64.const -1) (f64.const 1) (f64.gt (local.get $value) (f64.const 0))))
    (call $survey (local.get $length) (local.get $direction) (local.get $point) (local.get $rooms))
    (local.set $lambda
      (call $solve (local.get $length) (f64.abs (local.get $value)) (local.get $slopeAtZero) (local.get $rooms)))
    (loop $next
      (local.set $wide (i32.mul (local.get $at) (i32.const 2)))
      (local.set $slope (f64x2.mul (f64x2.splat (local.get $direction)) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at)))))
      ;; Where w is 0 nothing moves.
      (local.set $amount
        (v128.and (f64x2.ne (local.get $slope) (v128.const f64x2 0 0))
          (f64x2.pmin
            (f64x2.mul (f64x2.splat (local.get $lambda))
              (v128.load (i32.add (i32.mul (local.get $length) (i32.const 5)) (local.get $wide))))
            (v128.load (i32.add (local.get $rooms) (local.get $wide))))))
      (v128.store (i32.add (local.get $rooms) (local.get $wide))
        (v128.xor (local.get $amount)
          (v128.and (local.get $slope) (v128.const i64x2 0x8000000000000000 0x8000000000000000))))
      (local.set $largest (f64x2.pmax (local.get $largest) (local.get $amount)))
      (local.set $squares (f64x2.add (local.get $squares) (f64x2.mul (local.get $amount) (local.get $amount))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length))))
    ;; pmax, one instruction, does not see NaN; the sum of squares does.
    (local.set $lambda (f64.sqrt (call $total (local.get $squares))))
    (if (i32.and (local.get $flat) (f64.eq (local.get $lambda) (local.get $lambda)))
      (then
        (return (f64.max (f64x2.extract_lane 0 (local.get $largest)) (f64x2.extract_lane 1 (local.get $largest))))))
    (local.get $lambda))

  ;; Writes the displacement of the point; returns its length in the norm.
  (func (export "displace") (param $length i32) (param $value f64) (param $flat i32) (result f64)
    (call $displace (local.get $length) (local.get $value) (local.get $flat)
      (call $measure (local.get $length) (local.get $flat))
      (local.get $length)
      (i32.mul (local.get $length) (i32.const 7))))

  ;; value + Σ w·(origin − point)
  (func $valueAtOrigin (param $length i32) (param $value f64) (result f64)
    (local $at i32) (local $one v128) (local $two v128)
    (loop $next
      (local.set $one
        (f64x2.add (local.get $one)
          (f64x2.mul (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at)))
            (f64x2.sub
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (i32.mul (local.get $length) (i32.const 2)) (local.get $at))))
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $length) (local.get $at))))))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (local.set $two
        (f64x2.add (local.get $two)
          (f64x2.mul (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at)))
            (f64x2.sub
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (i32.mul (local.get $length) (i32.const 2)) (local.get $at))))
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $length) (local.get $at))))))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length))))
    (f64.add (local.get $value) (call $total (f64x2.add (local.get $one) (local.get $two)))))

  ;; Moves the point to (1 − bias)·(point + overshoot·its displacement) + bias·(origin + overshoot·its displacement), clipped to the box, where
  ;; bias is the share of the point's displacement in both, at most `mostBias`, and no displacement counts for less than `least`.
  (func (export "step")
    (param $length i32) (param $value f64) (param $flat i32) (param $overshoot f64) (param $mostBias f64) (param $least f64)
    (local $slopeAtZero f64) (local $here f64) (local $there f64) (local $bias f64) (local $at i32) (local $wide i32)
    (local.set $slopeAtZero (call $measure (local.get $length) (local.get $flat)))
    (local.set $there
      (call $displace (local.get $length) (call $valueAtOrigin (local.get $length) (local.get $value)) (local.get $flat)
        (local.get $slopeAtZero)
        (i32.mul (local.get $length) (i32.const 2))
        (i32.mul (local.get $length) (i32.const 9))))
    (local.set $here
      (call $displace (local.get $length) (local.get $value) (local.get $flat) (local.get $slopeAtZero)
        (local.get $length)
        (i32.mul (local.get $length) (i32.const 7))))
    (local.set $here (f64.max (local.get $here) (local.get $least)))
    (local.set $there (f64.max (local.get $there) (local.get $least)))
    (local.set $bias
      (f64.min (f64.div (local.get $here) (f64.add (local.get $here) (local.get $there))) (local.get $mostBias)))
    (loop $next
      (local.set $wide (i32.mul (local.get $at) (i32.const 2)))
      (v128.store64_lane 0 (i32.add (local.get $length) (local.get $at))
        (f32x4.demote_f64x2_zero
          ;; In this order of the operands NaN stays.
          (f64x2.pmax
            (f64x2.pmin
              (f64x2.add
                (f64x2.mul (f64x2.splat (f64.sub (f64.const 1) (local.get $bias)))
                  (f64x2.add (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $length) (local.get $at))))
                    (f64x2.mul (f64x2.splat (local.get $overshoot))
                      (v128.load (i32.add (i32.mul (local.get $length) (i32.const 7)) (local.get $wide))))))
                (f64x2.mul (f64x2.splat (local.get $bias))
                  (f64x2.add (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (i32.mul (local.get $length) (i32.const 2)) (local.get $at))))
                    (f64x2.mul (f64x2.splat (local.get $overshoot))
                      (v128.load (i32.add (i32.mul (local.get $length) (i32.const 9)) (local.get $wide)))))))
              (v128.const f64x2 1 1))
            (v128.const f64x2 0 0))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $length))))))
