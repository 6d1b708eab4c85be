;; Reads a JSON list of numbers as binary32: `scan(from, out)`, with `from` behind the opening bracket. The text ends with a zero
;; byte, which ends each number and list.
;;
;; Returns the number of elements, and the position behind the closing bracket in `position`; -1 for whatever it leaves to
;; JSON.parse: other values, malformed text, numbers of more than 18 digits, and those that are so near to the middle between
;; two numbers of binary32, or to the ends of their range, that the few roundings here could decide otherwise.
(module
  (memory (export "memory") 4)
  (global $position (export "position") (mut i32) (i32.const 0))
  ;; The memory begins with 10^0 to 10^60 as binary64, which the host writes.
  (func (export "scan") (param $p i32) (param $out i32) (result i32)
    (local $start i32) (local $c i32) (local $negative i32) (local $mantissa i64) (local $word i64)
    (local $exponent i32) (local $digits i32) (local $exp i32) (local $expNegative i32) (local $value f64) (local $bits i64)
    (local.set $start (local.get $out))
    (block $fail
      ;; white space, then an empty list
      (loop $ws0
        (local.set $c (i32.load8_u (local.get $p)))
        (if (i32.or (i32.or (i32.eq (local.get $c) (i32.const 32)) (i32.eq (local.get $c) (i32.const 10))) (i32.or (i32.eq (local.get $c) (i32.const 13)) (i32.eq (local.get $c) (i32.const 9))))
          (then (local.set $p (i32.add (local.get $p) (i32.const 1))) (br $ws0))))
      (loop $number
        ;; $c is the first character of the number, at $p
        (local.set $negative (i32.eq (local.get $c) (i32.const 45)))
        (if (local.get $negative) (then
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (local.set $c (i32.load8_u (local.get $p)))))
        (local.set $c (i32.sub (local.get $c) (i32.const 48)))
        (br_if $fail (i32.gt_u (local.get $c) (i32.const 9)))
        (local.set $mantissa (i64.extend_i32_u (local.get $c)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $exponent (i32.const 0))
        ;; whole part; a leading zero stands alone
        (if (local.get $c)
          (then
            (loop $whole
              (local.set $c (i32.sub (i32.load8_u (local.get $p)) (i32.const 48)))
              (if (i32.le_u (local.get $c) (i32.const 9)) (then
                (br_if $fail (i64.gt_u (local.get $mantissa) (i64.const 99999999999999999)))
                (local.set $mantissa (i64.add (i64.mul (local.get $mantissa) (i64.const 10)) (i64.extend_i32_u (local.get $c))))
                (local.set $p (i32.add (local.get $p) (i32.const 1)))
                (br $whole)))))
          (else (local.set $c (i32.sub (i32.load8_u (local.get $p)) (i32.const 48)))))
        ;; $c is the character at $p, less 48
        (if (i32.eq (local.get $c) (i32.const -2)) (then
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (local.set $digits (local.get $p))
          ;; eight digits at once
          (block $eightDone (loop $eight
            (local.set $word (i64.load align=1 (local.get $p)))
            (br_if $eightDone (i64.ne
              (i64.or (i64.and (local.get $word) (i64.const 0xF0F0F0F0F0F0F0F0))
                (i64.shr_u (i64.and (i64.add (local.get $word) (i64.const 0x0606060606060606)) (i64.const 0xF0F0F0F0F0F0F0F0)) (i64.const 4)))
              (i64.const 0x3333333333333333)))
            (br_if $eightDone (i64.gt_u (local.get $mantissa) (i64.const 9999999999)))
            (local.set $word (i64.sub (local.get $word) (i64.const 0x3030303030303030)))
            (local.set $word (i64.add (i64.mul (local.get $word) (i64.const 10)) (i64.shr_u (local.get $word) (i64.const 8))))
            (local.set $word (i64.shr_u (i64.add
              (i64.mul (i64.and (local.get $word) (i64.const 0x000000FF000000FF)) (i64.const 0x000F424000000064))
              (i64.mul (i64.and (i64.shr_u (local.get $word) (i64.const 16)) (i64.const 0x000000FF000000FF)) (i64.const 0x0000271000000001)))
              (i64.const 32)))
            (local.set $mantissa (i64.add (i64.mul (local.get $mantissa) (i64.const 100000000)) (local.get $word)))
            (local.set $p (i32.add (local.get $p) (i32.const 8)))
            (br $eight)))
          (loop $fraction
            (local.set $c (i32.sub (i32.load8_u (local.get $p)) (i32.const 48)))
            (if (i32.le_u (local.get $c) (i32.const 9)) (then
              (br_if $fail (i64.gt_u (local.get $mantissa) (i64.const 99999999999999999)))
              (local.set $mantissa (i64.add (i64.mul (local.get $mantissa) (i64.const 10)) (i64.extend_i32_u (local.get $c))))
              (local.set $p (i32.add (local.get $p) (i32.const 1)))
              (br $fraction))))
          (local.set $exponent (i32.sub (local.get $digits) (local.get $p)))
          (br_if $fail (i32.eqz (local.get $exponent)))))
        ;; exponent: e or E
        (if (i32.eq (i32.or (local.get $c) (i32.const 32)) (i32.const 53)) (then
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (local.set $c (i32.load8_u (local.get $p)))
          (local.set $expNegative (i32.eq (local.get $c) (i32.const 45)))
          (if (i32.or (local.get $expNegative) (i32.eq (local.get $c) (i32.const 43))) (then
            (local.set $p (i32.add (local.get $p) (i32.const 1)))
            (local.set $c (i32.load8_u (local.get $p)))))
          (local.set $c (i32.sub (local.get $c) (i32.const 48)))
          (br_if $fail (i32.gt_u (local.get $c) (i32.const 9)))
          (local.set $exp (i32.const 0))
          (loop $exponentDigits
            (local.set $exp (i32.add (i32.mul (local.get $exp) (i32.const 10)) (local.get $c)))
            (br_if $fail (i32.gt_u (local.get $exp) (i32.const 99)))
            (local.set $p (i32.add (local.get $p) (i32.const 1)))
            (local.set $c (i32.sub (i32.load8_u (local.get $p)) (i32.const 48)))
            (br_if $exponentDigits (i32.le_u (local.get $c) (i32.const 9))))
          (local.set $exponent (i32.add (local.get $exponent)
            (select (i32.sub (i32.const 0) (local.get $exp)) (local.get $exp) (local.get $expNegative))))))
        ;; the value, to a few units of binary64
        (local.set $value (f64.convert_i64_u (local.get $mantissa)))
        (if (i32.lt_s (local.get $exponent) (i32.const 0))
          (then
            (br_if $fail (i32.lt_s (local.get $exponent) (i32.const -60)))
            (local.set $value (f64.div (local.get $value) (f64.load (i32.mul (i32.sub (i32.const 0) (local.get $exponent)) (i32.const 8))))))
          (else (if (local.get $exponent) (then
            (br_if $fail (i32.gt_s (local.get $exponent) (i32.const 60)))
            (local.set $value (f64.mul (local.get $value) (f64.load (i32.mul (local.get $exponent) (i32.const 8)))))))))
        (local.set $bits (i64.reinterpret_f64 (local.get $value)))
        (br_if $fail (i64.lt_u
          (i64.sub (i64.and (local.get $bits) (i64.const 0x1FFFFFFF)) (i64.const 0x0FFFFFF0))
          (i64.const 0x20)))
        ;; 2^-126 to just below 2^128, or zero
        (br_if $fail (i32.and
          (i64.gt_u (i64.sub (local.get $bits) (i64.const 0x3810000000000000)) (i64.const 0x0FDFFFFFE0000000))
          (i64.ne (local.get $mantissa) (i64.const 0))))
        (f32.store (local.get $out) (f32.demote_f64 (select (f64.neg (local.get $value)) (local.get $value) (local.get $negative))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        ;; behind the number
        (local.set $c (i32.add (local.get $c) (i32.const 48)))
        (loop $ws1
          (if (i32.or (i32.or (i32.eq (local.get $c) (i32.const 32)) (i32.eq (local.get $c) (i32.const 10))) (i32.or (i32.eq (local.get $c) (i32.const 13)) (i32.eq (local.get $c) (i32.const 9))))
            (then
              (local.set $p (i32.add (local.get $p) (i32.const 1)))
              (local.set $c (i32.load8_u (local.get $p)))
              (br $ws1))))
        (if (i32.eq (local.get $c) (i32.const 44)) (then
          (loop $ws2
            (local.set $p (i32.add (local.get $p) (i32.const 1)))
            (local.set $c (i32.load8_u (local.get $p)))
            (br_if $ws2 (i32.or (i32.or (i32.eq (local.get $c) (i32.const 32)) (i32.eq (local.get $c) (i32.const 10))) (i32.or (i32.eq (local.get $c) (i32.const 13)) (i32.eq (local.get $c) (i32.const 9))))))
          (br $number)))
        (br_if $fail (i32.ne (local.get $c) (i32.const 93)))
        (global.set $position (i32.add (local.get $p) (i32.const 1)))
        (return (i32.shr_u (i32.sub (local.get $out) (local.get $start)) (i32.const 2)))))
    (i32.const -1)))
