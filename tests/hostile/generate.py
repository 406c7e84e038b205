#!/usr/bin/env python3
"""generate: writes mails that attack a mail reader into a folder, one file each.

    generate.py FOLDER [NAME]      all of them, or one
    generate.py                    prints the names

Nested parts, floods of parts, headers, parameters and addresses, huge names, broken encodings, hostile file names
and html. The same files come out of every run.
"""
import base64
import os
import sys
import zlib

HEAD = b"From: Ann <ann@example.org>\r\nTo: desk@example.net\r\nSubject: help\r\nMIME-Version: 1.0\r\n"
MIB = 1 << 20


def mail(content_type, body, head=HEAD):
    return head + b"Content-Type: " + content_type + b"\r\n\r\n" + body


def nested_multiparts(depth):
    out = [HEAD]
    for i in range(depth):
        out.append(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i))
    return b"".join(out) + b"\r\ndeep\r\n"


def nested_mails(depth):
    return HEAD + b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n" * depth + b"\r\ndeep\r\n"


def mixed_nesting(depth):
    out = [HEAD]
    for i in range(depth):
        out.append(b"Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i))
    return b"".join(out)


def parts(count, part=b"\r\nx\r\n"):
    return mail(b"multipart/mixed; boundary=b", (b"--b\r\n" + part) * count + b"--b--\r\n")


def attachments(count, size):
    one = b"Content-Type: application/octet-stream; name=f\r\nContent-Transfer-Encoding: base64\r\n\r\n" + \
        base64.encodebytes(b"\0" * size) + b"\r\n"
    return parts(count, one)


def html(body):
    return mail(b"text/html; charset=utf-8", body)


def text(body, charset=b"utf-8", more=b""):
    return mail(b"text/plain; charset=" + charset + more, body)


def named(parameter):
    body = b"--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; " + parameter + \
        b"\r\n\r\n%PDF-1.4\r\n--b--\r\n"
    return mail(b"multipart/mixed; boundary=b", body)


def encoded(transfer, body, content_type=b"application/octet-stream; name=a.bin"):
    return HEAD + b"Content-Transfer-Encoding: " + transfer + b"\r\nContent-Type: " + content_type + b"\r\n\r\n" + body


def padded(content, size=8 * 1000 * 1000):
    """A mail of 8 MB at least, by text at its end."""
    return content + b"Some more text.\r\n" * ((size - len(content)) // 17 + 1)


def mails():
    """Pairs of a name and a function that makes the mail."""
    long_line = b"x" * 8 * MIB
    yield "nested-multiparts", lambda: nested_multiparts(10000)
    yield "nested-multiparts-64", lambda: nested_multiparts(64)
    yield "nested-mails", lambda: nested_mails(10000)
    yield "nested-both", lambda: mixed_nesting(10000)
    yield "tiny-parts", lambda: parts(1000000)
    yield "parts-at-the-cap", lambda: parts(1000)
    yield "attachments-many", lambda: attachments(900, 100)
    yield "parts-without-a-boundary", lambda: mail(b"multipart/mixed", b"--b\r\n\r\nx\r\n" * 800000)
    yield "parts-by-an-extended-boundary", lambda: mail(b"multipart/mixed; boundary*0=b", b"--b\r\n\r\nx\r\n" * 800000)
    yield "preface", lambda: mail(b"multipart/mixed; boundary=b", b"x" * 10 * MIB + b"\r\n--b\r\n\r\nx\r\n--b--\r\n")
    yield "headers-many", lambda: HEAD + b"X-A: b\r\n" * 1000000 + b"\r\nbody\r\n"
    yield "part-headers-many", lambda: mail(b"multipart/mixed; boundary=b", b"--b\r\n" + b"X-A: b\r\n" * 1000000 + b"\r\nx\r\n--b--\r\n")
    yield "header-line", lambda: HEAD + b"X-A: " + b"y" * 20 * MIB + b"\r\n\r\nbody\r\n"
    yield "header-folds", lambda: HEAD + b"X-A: b\r\n" + b" y\r\n" * 2000000 + b"\r\nbody\r\n"
    yield "header-never-ends", lambda: b"X" * 8 * MIB
    yield "charset-name", lambda: mail(b"text/plain; charset=" + long_line, b"x")
    yield "charset-name-in-a-word", lambda: HEAD + b"X-A: =?" + long_line + b"?Q?a?=\r\n\r\nx\r\n"
    yield "charset-name-in-the-subject", lambda: b"Subject: =?" + long_line + b"?Q?a?=\r\n" + HEAD + b"\r\nx\r\n"
    yield "charset-name-in-a-parameter", lambda: named(b"filename*=" + long_line + b"''a")
    yield "charset-names-many", lambda: HEAD + b"".join(b"X-A: =?c%d?Q?a?=\r\n" % i for i in range(900)) + b"\r\nx\r\n"
    yield "groups", lambda: b"To: " + b"g:" * 100000 + b";\r\n" + HEAD + b"\r\nx\r\n"
    yield "groups-in-from", lambda: b"From: " + b"g:" * 20000 + b"a@example.org;\r\nSubject: x\r\n\r\nx\r\n"
    yield "groups-in-an-attached-mail", lambda: mail(b"message/rfc822", b"To: " + b"g:" * 30000 + b";\r\n\r\nx\r\n")
    yield "groups-behind-an-extended-boundary", lambda: mail(
        b"multipart/mixed; boundary*0=b", b"--b\r\nContent-Type: message/rfc822\r\n\r\nTo: " + b"g:" * 30000 + b";\r\n\r\nx\r\n")
    yield "groups-in-quotes", lambda: b"To: \"" + b"g:" * 30000 + b"\r\n" + HEAD + b"\r\nx\r\n"
    yield "comments", lambda: b"To: " + b"(" * 50000 + b"\r\n" + HEAD + b"\r\nx\r\n"
    yield "addresses", lambda: b"To: " + b",".join(b"u%d@example.org" % i for i in range(200000)) + b"\r\n" + HEAD + b"\r\nx\r\n"
    yield "address-fields", lambda: b"To: a@example.org\r\n" * 900 + HEAD + b"\r\nx\r\n"
    yield "references", lambda: b"References: " + b"<a@b> " * 10000 + b"\r\n" + HEAD + b"\r\nx\r\n"
    yield "params", lambda: named(b"".join(b"filename*%d=a;" % i for i in range(100000)))
    yield "params-in-the-top", lambda: mail(b"text/plain; " + b"a=b; " * 100000, b"x")
    yield "encoded-words", lambda: b"Subject: " + b"=?utf-8?Q?a?= " * 1000000 + b"\r\n" + HEAD + b"\r\nx\r\n"
    yield "encoded-words-at-the-cap", lambda: b"Subject: " + b"=?utf-8?Q?a?= " * 4500 + b"\r\n" + HEAD + b"\r\nx\r\n"
    yield "encoded-words-open", lambda: b"Subject: " + b"=?utf-8?Q?" * 6000 + b"\r\n" + HEAD + b"\r\nx\r\n"
    yield "charset-names-long", lambda: HEAD + b"".join(b"X-A: =?%s%d?Q?a?=\r\n" % (b"c" * 3000, i) for i in range(80)) + b"\r\nx\r\n"
    yield "part-headers-without-an-end", lambda: parts(900, b"Content-Type: text/plain\r\n" + b"word\r\n" * 1000)
    yield "parts-without-a-header", lambda: parts(900, b"word\r\n" * 1000 + b"\r\nx\r\n")
    yield "part-header-of-text", lambda: mail(b"multipart/mixed; boundary=b", b"--b\r\n" + b"word\r\n" * 3000000 + b"--b--\r\n")
    yield "boundary-huge", lambda: mail(b"multipart/mixed; boundary=" + b"b" * 5 * MIB, b"x")
    yield "dashes", lambda: mail(b"multipart/mixed; boundary=b", b"-" * 50 * MIB)
    yield "dash-lines", lambda: mail(b"multipart/mixed; boundary=b", b"--a\r\n" * 4000000)
    yield "dash-lines-in-text", lambda: text(b"-- \r\n" * 2000000)
    yield "nul", lambda: text(b"a\0b\0" * MIB)
    yield "bare-ends", lambda: text(b"a\rb\nc\r\r\n" * 100000)
    yield "8bit", lambda: text(bytes(range(1, 256)) * 8000)
    yield "8bit-as-japanese", lambda: text(bytes(range(1, 256)) * 8000, b"iso-2022-jp")
    yield "utf7", lambda: text(b"+AGE-" * 400000, b"utf-7")
    yield "utf16", lambda: text(b"\0a" * 400000, b"utf-16")
    yield "escapes", lambda: text(b"\x1b$B" * 400000, b"iso-2022-jp")
    yield "hz", lambda: text(b"~{" * 400000, b"hz-gb-2312")
    for name, parameter in (("path", b"filename=\"../../etc/passwd\""), ("windows-path", b"filename=\"C:\\Windows\\a.exe\""),
                            ("line-end", b"filename*=utf-8''a%0D%0AX-Inj:%20y"), ("nul", b"filename*=utf-8''a%00.exe"),
                            ("right-to-left", b"filename*=utf-8''a%E2%80%AEfdp.exe"), ("long", b"filename=" + b"a" * 5000),
                            ("reserved", b"filename=CON"), ("empty", b"filename=\"\""), ("bytes", b"filename=\xff\xfe"),
                            ("conflict", b"filename=a.txt; filename*=utf-8''b.exe; filename=c.pdf")):
        yield "file-name-" + name, lambda parameter=parameter: named(parameter)
    yield "file-name-twice", lambda: parts(100, b"Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n")
    yield "zip-bomb", lambda: encoded(b"base64", base64.encodebytes(zlib.compress(b"\0" * 20 * MIB, 9) * 40), b"application/zip; name=a.zip")
    yield "html-traps", lambda: html(
        b"<svg><style><img src=x onerror=alert(1)></style></svg><math><mtext><table><mglyph><style><!--</style><img title='--&gt;"
        b"&lt;img src=1 onerror=alert(1)&gt;'><noscript><p title='</noscript><img src=x onerror=alert(1)>'>"
        b"<p style='background:url(http://t.example/x)'><img src='http://t.example/x.png'><base href='http://t.example/'>"
        b"<form action='http://t.example/'><input name=a><meta http-equiv=refresh content='0;url=http://t.example/'>" * 3000)
    yield "html-nested", lambda: html(b"<b>" * 1000000)
    yield "html-tables", lambda: html(b"<table><tr><td>" * 200000)
    yield "html-attributes", lambda: html(b"<a " + b" x=y" * 1000000 + b">")
    yield "html-script", lambda: html(b"<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:x'>y</a>" * 5000)
    yield "html-entities", lambda: html(b"&#x1;&nbsp;&lt" * 500000)
    yield "html-quotes", lambda: html(b"<blockquote>" * 100000 + b"x")
    yield "base64-garbage", lambda: encoded(b"base64", b"!" * 8 * MIB)
    yield "base64-chunks", lambda: encoded(b"base64", b"YQ==\r\n" * 1000000)
    yield "base64-one-line", lambda: encoded(b"base64", base64.b64encode(b"x" * 20 * MIB))
    yield "base64-without-padding", lambda: encoded(b"base64", base64.b64encode(b"x" * MIB).rstrip(b"="))
    yield "quoted-equals", lambda: encoded(b"quoted-printable", b"=" * 8 * MIB, b"text/plain")
    yield "quoted-blanks", lambda: encoded(b"quoted-printable", b"= " * 4 * MIB, b"text/plain")
    yield "uuencode-headers", lambda: text(b"begin 644 a\r\n" * 200000)
    yield "uuencode", lambda: text(b"begin 644 a\r\n" + b"M" + b"_" * 60 + b"\r\n" * 100000 + b"`\r\nend\r\n")
    yield "8mb-parts", lambda: padded(parts(1000000))
    yield "8mb-headers", lambda: padded(HEAD + b"X-A: b\r\n" * 1000000 + b"\r\nbody\r\n")
    yield "8mb-addresses", lambda: padded(b"To: " + b",\r\n ".join(
        b'"Ann Example, floor %06d of the northern wing" <user%06d@department.example.org>' % (i, i) for i in range(100000)) +
        b"\r\n" + HEAD + b"\r\nbody\r\n")
    yield "8mb-nested-parts", lambda: padded(nested_multiparts(130000))
    yield "8mb-nested-mails", lambda: padded(nested_mails(65000))
    yield "8mb-encoded-words", lambda: padded(b"Subject: " + b"=?utf-8?Q?a?= " * 600000 + b"\r\n" + HEAD + b"\r\nbody\r\n")
    yield "yenc", lambda: text(b"=ybegin line=128 size=9 name=a\r\n" * 200000)
    yield "binhex", lambda: encoded(b"x-binhex", b"(This file must be converted with BinHex 4.0)\r\n:" + b"#" * 64 * 40000 + b":", b"application/mac-binhex40")
    yield "tnef-garbage", lambda: encoded(b"base64", base64.encodebytes(b"\x78\x9f\x3e\x22" + b"\xff" * MIB), b"application/ms-tnef; name=winmail.dat")
    yield "tnef-many-files", lambda: encoded(b"base64", base64.encodebytes(tnef(190, 200000)), b"application/ms-tnef; name=winmail.dat")
    yield "partial", lambda: mail(b"message/partial; id=a; number=1; total=9999999", b"Subject: x\r\n\r\nx\r\n")
    yield "external", lambda: mail(b"message/external-body; access-type=local-file; name=\"/etc/passwd\"", b"\r\nx\r\n")
    yield "signed", lambda: mail(b"multipart/signed; boundary=b", b"--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n")
    yield "encrypted", lambda: mail(
        b"multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"",
        b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n"
        + b"hQEMA" * MIB + b"\r\n--b--\r\n")
    yield "flowed", lambda: text(b"a \r\n" * 1000000, more=b"; format=flowed; delsp=yes")
    yield "quotes", lambda: text(b">" * 4 * MIB)
    yield "quote-lines", lambda: text(b"> > > x\r\n" * 500000)
    yield "blank-lines", lambda: text(b"\r\n" * 4000000)
    yield "one-line", lambda: text(b"x" * 25 * MIB)
    yield "attached-mail-large", lambda: mail(b"message/rfc822", b"Subject: x\r\n\r\n" + b"line\r\n" * 4 * MIB)
    yield "attached-mails-many", lambda: parts(900, b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n" + b"line\r\n" * 1000)
    yield "empty", lambda: b""
    yield "line-end", lambda: b"\r\n"
    yield "no-header", lambda: b"hello"
    yield "no-body", lambda: HEAD
    yield "only-colon", lambda: b":" * MIB
    yield "date", lambda: b"Date: " + b"(" * 50000 + b"99 Foo 99999999999 99:99:99 +9999\r\n" + HEAD + b"\r\nx\r\n"


def tnef(count, size):
    """A winmail.dat with COUNT files of SIZE bytes each."""
    def attribute(level, tag, data):
        return bytes([level]) + tag.to_bytes(4, "little") + len(data).to_bytes(4, "little") + data + \
            (sum(data) & 0xffff).to_bytes(2, "little")

    out = [b"\x78\x9f\x3e\x22\x01\x00"]
    for _ in range(count):
        out.append(attribute(2, 0x00069002, b"\0" * 14))
        out.append(attribute(2, 0x0006800f, b"x" * size))
    return b"".join(out)


def main():
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    for name, make in mails():
        if len(sys.argv) == 1:
            print(name)
        elif len(sys.argv) == 2 or sys.argv[2] == name:
            os.makedirs(sys.argv[1], exist_ok=True)
            with open(os.path.join(sys.argv[1], name + ".eml"), "wb") as out:
                out.write(make())


if __name__ == "__main__":
    main()
