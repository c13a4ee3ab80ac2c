;; Passes over lines of a log of which nothing would be kept, sixteen bytes at a time. `skim.ts` says which lines these are and why.
;; The memory holds, from its first byte on, a table of 65,536 bytes: 1 for each number that the name of a file has which is looked at.
;; From byte 65,536 on it holds 4,096 numbers of eight bytes: those of the tags whose lines may be passed over, each where its first
;; twelve bits say. The text follows at byte 131,072, and after the text at least 512 bytes of anything.
(module
  (memory (export "memory") 2)
  ;; how many lines the last call passed over
  (global $lines (export "lines") (mut i32) (i32.const 0))

  ;; Where whole lines end of which nothing is kept: `at` is the first byte of a line, `end` the byte after the text, `served` 1 where
  ;; nothing of what the web server says is waited for, `untagged` 1 where lines without a tag may be passed over, and longer lines than
  ;; `longest` are left. Gives the first byte after those lines.
  (func (export "skim") (param $at i32) (param $end i32) (param $served i32) (param $untagged i32) (param $longest i32) (result i32)
    (local $told i32) (local $to i32) (local $mask i32) (local $byte i32)
    (global.set $lines (i32.const 0))
    (loop $line
      (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (local.get $at))))
      (local.set $told (call $told (local.get $at) (local.get $served) (local.get $untagged)))
      (if (i32.eqz (local.get $told)) (then (return (local.get $at))))
      (local.set $to (local.get $at))
      (loop $scan
        ;; a line ends at the first control character that is no tab
        (local.set $mask
          (i8x16.bitmask (i8x16.lt_u (v128.load (local.get $to)) (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))))
        (if (i32.eqz (local.get $mask))
          (then
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (br_if $scan (i32.lt_u (local.get $to) (local.get $end)))
            (return (local.get $at))))
        (local.set $to (i32.add (local.get $to) (i32.ctz (local.get $mask))))
        (local.set $byte (i32.load8_u (local.get $to)))
        (if (i32.eq (local.get $byte) (i32.const 9)) ;; tab
          (then
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (br $scan))))
      ;; what overwrites itself is several lines, and colours can stand anywhere: such a line is left
      (if (i32.ne (local.get $byte) (i32.const 10)) (then (return (local.get $at))))
      (if (i32.or (i32.ge_u (local.get $to) (local.get $end)) (i32.lt_u (local.get $to) (local.get $told))) (then (return (local.get $at))))
      (if (i32.gt_u (i32.sub (local.get $to) (local.get $at)) (local.get $longest)) (then (return (local.get $at))))
      (local.set $at (i32.add (local.get $to) (i32.const 1)))
      (global.set $lines (i32.add (global.get $lines) (i32.const 1)))
      (br $line))
    (unreachable))

  ;; Where, in a line of which nothing is kept, what tells it ends; 0 for any other line.
  (func $told (param $at i32) (param $served i32) (param $untagged i32) (result i32)
    (local $head i64)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x28)) ;; `(`
      (then
        (local.set $at (call $tagged (local.get $at)))
        (if (i32.eqz (local.get $at)) (then (return (i32.const 0)))))
      (else
        (if (i32.eqz (local.get $untagged)) (then (return (i32.const 0))))))
    (local.set $head (i64.load (local.get $at)))
    ;; `INFO `
    (if (i64.eq (i64.and (local.get $head) (i64.const 0xffffffffff)) (i64.const 0x204f464e49))
      (then (return (call $other (i32.add (local.get $at) (i32.const 5))))))
    ;; `INFO:     `, and no `A`, with which the web server says that it is up
    (if (i64.eq (local.get $head) (i64.const 0x2020203a4f464e49))
      (then
        (return
          (select
            (i32.add (local.get $at) (i32.const 10))
            (i32.const 0)
            (i32.and
              (i32.and (local.get $served) (i32.eq (i32.load16_u offset=8 (local.get $at)) (i32.const 0x2020)))
              (i32.ne (i32.load8_u offset=10 (local.get $at)) (i32.const 0x41)))))))
    ;; `WARNING `
    (if (i64.eq (local.get $head) (i64.const 0x20474e494e524157))
      (then (return (call $other (i32.add (local.get $at) (i32.const 8))))))
    ;; `DEBUG `
    (if (i64.eq (i64.and (local.get $head) (i64.const 0xffffffffffff)) (i64.const 0x204755424544))
      (then (return (call $other (i32.add (local.get $at) (i32.const 6))))))
    (i32.const 0))

  ;; Where a tag ends, `(Name pid=1) `, if it is one whose lines may be passed over; else 0.
  (func $tagged (param $at i32) (result i32)
    (local $number i64) (local $low i64) (local $high i64) (local $mask i32) (local $left i32) (local $bound i32) (local $letters v128)
    (local.set $bound (i32.add (local.get $at) (i32.const 100)))
    (loop $more
      (local.set $letters (v128.load (local.get $at)))
      (local.set $low (i64x2.extract_lane 0 (local.get $letters)))
      (local.set $high (i64x2.extract_lane 1 (local.get $letters)))
      (local.set $mask
        (i8x16.bitmask (i8x16.eq (local.get $letters) (v128.const i8x16 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29 0x29))))
      (if (i32.eqz (local.get $mask))
        (then
          (local.set $number (call $mixed (local.get $number) (local.get $low) (local.get $high)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $more (i32.lt_u (local.get $at) (local.get $bound)))
          (return (i32.const 0)))))
    ;; of the last sixteen letters those before the bracket
    (local.set $left (i32.ctz (local.get $mask)))
    (if (i32.lt_u (local.get $left) (i32.const 8))
      (then
        (local.set $low (call $first (local.get $low) (local.get $left)))
        (local.set $high (i64.const 0)))
      (else
        (local.set $high (call $first (local.get $high) (i32.sub (local.get $left) (i32.const 8))))))
    (local.set $number (call $mixed (local.get $number) (local.get $low) (local.get $high)))
    (local.set $at (i32.add (local.get $at) (local.get $left)))
    (select
      (i32.add (local.get $at) (i32.const 2))
      (i32.const 0)
      (i32.and
        (i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 0x20))
        (i64.eq
          (local.get $number)
          (i64.load offset=65536 (i32.wrap_i64 (i64.shl (i64.shr_u (local.get $number) (i64.const 52)) (i64.const 3))))))))

  ;; The first so many letters of eight, fewer than eight, with zeros before them.
  (func $first (param $letters i64) (param $count i32) (result i64)
    (select
      (i64.shl (local.get $letters) (i64.sub (i64.const 64) (i64.shl (i64.extend_i32_u (local.get $count)) (i64.const 3))))
      (i64.const 0)
      (local.get $count)))

  ;; A number with sixteen letters more.
  (func $mixed (param $number i64) (param $low i64) (param $high i64) (result i64)
    (i64.mul
      (i64.xor
        (i64.rotl (i64.mul (i64.xor (local.get $number) (local.get $low)) (i64.const 0x9e3779b97f4a7c15)) (i64.const 29))
        (local.get $high))
      (i64.const 0xc2b2ae3d27d4eb4f)))

  ;; The same of a line of the formatter's, from after its level on, `01-02 03:04:05 [a/file.py:12] `: where its name of a file ends, if
  ;; that is none that is looked at.
  (func $other (param $from i32) (result i32)
    (local $at i32) (local $mask i32) (local $kept i64) (local $shift i64) (local $low i64) (local $high i64) (local $letters v128)
    (if (i32.ne (i32.load8_u offset=2 (local.get $from)) (i32.const 0x2d)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load8_u offset=15 (local.get $from)) (i32.const 0x5b)) (then (return (i32.const 0))))
    ;; the colon after the name
    (local.set $at (i32.add (local.get $from) (i32.const 16)))
    (loop $colon
      (local.set $mask
        (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (v128.const i8x16 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a 0x3a))))
      (if (i32.eqz (local.get $mask))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $colon (i32.lt_u (i32.sub (local.get $at) (local.get $from)) (i32.const 100)))
          (return (i32.const 0)))))
    (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $mask))))
    ;; its last letters, at most sixteen, from behind `[` or the last `/` on
    (local.set $letters (v128.load (i32.sub (local.get $at) (i32.const 16))))
    (local.set $mask
      (i8x16.bitmask
        (v128.or
          (i8x16.eq (local.get $letters) (v128.const i8x16 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f 0x2f))
          (i8x16.eq (local.get $letters) (v128.const i8x16 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b 0x5b)))))
    (local.set $kept (i64.extend_i32_u (i32.sub (i32.clz (local.get $mask)) (i32.const 16))))
    (if (i64.eqz (local.get $kept)) (then (return (i32.const 0))))
    (local.set $low (i64x2.extract_lane 0 (local.get $letters)))
    (local.set $high (i64x2.extract_lane 1 (local.get $letters)))
    ;; with zeros for what stands before it; shifts count modulo 64
    (local.set $shift (i64.sub (i64.const 0) (i64.shl (local.get $kept) (i64.const 3))))
    (if (i64.le_u (local.get $kept) (i64.const 8))
      (then
        (local.set $low (i64.const 0))
        (local.set $high (i64.shl (i64.shr_u (local.get $high) (local.get $shift)) (local.get $shift))))
      (else
        (local.set $low (i64.shl (i64.shr_u (local.get $low) (local.get $shift)) (local.get $shift)))))
    (select
      (i32.const 0)
      (local.get $at)
      (i32.load8_u
        (i32.wrap_i64
          (i64.shr_u
            (i64.add
              (i64.mul (local.get $low) (i64.const 0x9e3779b97f4a7c15))
              (i64.mul (local.get $high) (i64.const 0xc2b2ae3d27d4eb4f)))
            (i64.const 48)))))))
