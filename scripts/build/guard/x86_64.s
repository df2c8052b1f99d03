# What an executable runs first: it refuses arguments that are not UTF-8, before the runtime panics over them.
# ABI at entry (System V AMD64 psABI, 3.4.1): (%rsp) is argc, 8(%rsp) argv; %rdx must reach the real entry.
# The bounds are those of Unicode's table 3-7, "Well-Formed UTF-8 Byte Sequences".
        .text
guard:
        endbr64
        lea     8(%rsp), %rsi
next_argument:
        mov     (%rsi), %rdi
        add     $8, %rsi
        test    %rdi, %rdi
        jz      done
next_character:
        movzbl  (%rdi), %eax
        inc     %rdi
        test    %eax, %eax
        jz      next_argument
        cmp     $0x80, %eax
        jb      next_character
        cmp     $0xc2, %eax
        jb      refuse
        cmp     $0xf4, %eax
        ja      refuse
        mov     $0x80, %r8d             # the least and the greatest second byte
        mov     $0xbf, %r9d
        mov     $1, %r10d               # bytes that follow
        cmp     $0xe0, %eax
        jb      follow
        mov     $2, %r10d
        jne     1f
        mov     $0xa0, %r8d
1:      cmp     $0xed, %eax
        jne     2f
        mov     $0x9f, %r9d
2:      cmp     $0xf0, %eax
        jb      follow
        mov     $3, %r10d
        jne     3f
        mov     $0x90, %r8d
3:      cmp     $0xf4, %eax
        jne     follow
        mov     $0x8f, %r9d
follow:
        movzbl  (%rdi), %eax
        inc     %rdi
        cmp     %r8d, %eax
        jb      refuse
        cmp     %r9d, %eax
        ja      refuse
        mov     $0x80, %r8d
        mov     $0xbf, %r9d
        dec     %r10d
        jnz     follow
        jmp     next_character
done:
        lea     guard(%rip), %rax
        add     distance(%rip), %rax
        jmp     *%rax
refuse:
        mov     $1, %eax                # write(2, message, length)
        mov     $2, %edi
        lea     message(%rip), %rsi
        mov     $length, %edx
        syscall
        mov     $231, %eax              # exit_group(2)
        mov     $2, %edi
        syscall
        hlt
message:
        .ascii  "ftl: An argument is not UTF-8, which is all that ftl can read\n"
        .ascii  "hint: Rename the file, or quote the argument in UTF-8\n"
        .set    length, . - message
        .balign 8
distance:                               # from guard to the real entry; filled in by the build
        .quad   0
