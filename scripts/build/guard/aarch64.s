// What an executable runs first: it refuses arguments that are not UTF-8, before the runtime panics over them.
// At entry [sp] is argc, [sp, 8] argv; x0 must reach the real entry. See x86_64.s.
        .text
guard:
        hint    #34                     // bti c
        add     x1, sp, #8
next_argument:
        ldr     x2, [x1], #8
        cbz     x2, done
next_character:
        ldrb    w3, [x2], #1
        cbz     w3, next_argument
        cmp     w3, #0x80
        b.lo    next_character
        cmp     w3, #0xc2
        b.lo    refuse
        cmp     w3, #0xf4
        b.hi    refuse
        mov     w4, #0x80               // the least and the greatest second byte
        mov     w5, #0xbf
        mov     w6, #1                  // bytes that follow
        cmp     w3, #0xe0
        b.lo    follow
        mov     w6, #2
        b.ne    1f
        mov     w4, #0xa0
1:      cmp     w3, #0xed
        b.ne    2f
        mov     w5, #0x9f
2:      cmp     w3, #0xf0
        b.lo    follow
        mov     w6, #3
        b.ne    3f
        mov     w4, #0x90
3:      cmp     w3, #0xf4
        b.ne    follow
        mov     w5, #0x8f
follow:
        ldrb    w3, [x2], #1
        cmp     w3, w4
        b.lo    refuse
        cmp     w3, w5
        b.hi    refuse
        mov     w4, #0x80
        mov     w5, #0xbf
        subs    w6, w6, #1
        b.ne    follow
        b       next_character
done:
        adr     x1, guard
        ldr     x2, distance
        add     x1, x1, x2
        br      x1
refuse:
        mov     x8, #64                 // write(2, message, length)
        mov     x0, #2
        adr     x1, message
        mov     x2, #length
        svc     #0
        mov     x8, #94                 // exit_group(2)
        mov     x0, #2
        svc     #0
        udf     #0
message:
        .ascii  "ftl: An argument is not UTF-8, which is all that ftl can read\n"
        .ascii  "hint: Rename the file, or quote the argument in UTF-8\n"
        .set    length, . - message
        .balign 8
distance:                               // from guard to the real entry; filled in by the build
        .quad   0
