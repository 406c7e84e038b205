"""loops: mails of any size against the loops of the reader that look back or ahead.

Each is made of one small piece repeated, in the form that makes such a loop search the most for each piece: what is
searched for is missing, stands at the far end, or is nearly there. tests/hostile/effort compares them with an ordinary
mail of the same size. The same mails come out of every run.
"""
import base64
import struct

HEAD = b"From: Ann <ann@example.org>\r\nTo: desk@example.net\r\nSubject: help\r\nMIME-Version: 1.0\r\n"
HTML_PART = 4 * 1000 * 1000     # the reader takes 4 MiB of one html part
FIELD = 60000                   # and 64 KiB of one header field
HEADER = 240 * 1000             # of 256 KiB of a header


def times(piece, size):
    return piece * max(1, size // len(piece))


def repeated(size, piece, before=b"", after=b""):
    """About SIZE bytes: BEFORE, PIECE many times, AFTER."""
    return before + times(piece, size - len(before) - len(after)) + after


def numbered(size, form):
    """The same of pieces that differ by a number."""
    return b"".join(form % i for i in range(size // len(form % 1000)))


def parts(bodies, header=b"Content-Type: text/plain; charset=utf-8"):
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + \
        b"".join(b"--b\r\n" + header + b"\r\n\r\n" + body + b"\r\n" for body in bodies) + b"--b--\r\n"


def split(size, most):
    """SIZE in equal shares of at most MOST."""
    count = -(-size // most)
    return [size // count] * count


def html(size, piece, before=b"", after=b"", charset=b"utf-8"):
    """As many html parts as it takes for all of SIZE to be read."""
    return parts((repeated(share, piece, before, after) for share in split(size, HTML_PART)),
                 b"Content-Type: text/html; charset=" + charset)


def text(size, piece, before=b"", after=b"", more=b"; charset=utf-8"):
    return HEAD + b"Content-Type: text/plain" + more + b"\r\n\r\n" + repeated(size, piece, before, after)


def fields(size, name, piece, before=b"", after=b"", count=4):
    """Header fields as long as they are read, and text up to SIZE."""
    one = name + b": " + repeated(min(FIELD, size // (2 * count)), piece, before, after) + b"\r\n"
    return padded(one * count + HEAD + b"\r\n", size)


def padded(head, size):
    return head + times(b"Some more text.\r\n", max(17, size - len(head)))


def part_fields(size, name, piece, before=b"", after=b""):
    """A header of 30 KB in every part."""
    one = b"Content-Type: application/pdf\r\n" if name != b"Content-Type" else b""
    one += name + b": " + repeated(30000, piece, before, after) + b"\r\n\r\n%PDF-1.4\r\n"
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + times(b"--b\r\n" + one, size) + b"--b--\r\n"


def attached(data, content_type):
    return HEAD + b"Content-Type: " + content_type + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)


def tnef(attributes):
    """A winmail.dat of (level, tag, data)."""
    out = [b"\x78\x9f\x3e\x22\x01\x00"]
    for level, tag, data in attributes:
        out.append(struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) & 0xffff))
    return attached(b"".join(out), b"application/ms-tnef; name=winmail.dat")


def rtf_property(rtf):
    """PR_RTF_COMPRESSED with RTF that is stored as it is."""
    data = struct.pack("<III", len(rtf) + 12, len(rtf), 0x414C454D) + b"\0\0\0\0" + rtf
    return struct.pack("<III", 0x10090102, 1, len(data)) + data + b"\0" * (-len(data) % 4)


def properties(listed):
    return (1, 0x00069003, struct.pack("<I", len(listed)) + b"".join(listed))


def rtf(size, piece, before=b"", after=b""):
    body = b"{\\rtf1\\ansi " + before + times(piece, min(size * 74 // 100, 15 << 20)) + after + b"}"
    return tnef([properties([rtf_property(body)])])


def packed_rtf(size):
    """RTF whose compressed form is all references, so that each two bytes become seventeen."""
    count = 1900000             # of packed bytes: just below what one value may unpack to
    groups = (b"\xff" + bytes([0, 0x0f]) * 8) * (count // 17)
    data = struct.pack("<III", len(groups) + 12, 1 << 24, 0x75465A4C) + b"\0\0\0\0" + groups
    one = struct.pack("<III", 0x10090102, 1, len(data)) + data + b"\0" * (-len(data) % 4)
    return tnef([properties([one] * max(1, size * 74 // 100 // count))])


def rtf_html(size, piece, before=b"", after=b""):
    """The html in the form in which Outlook hides it in RTF."""
    return rtf(min(size, 2600000), b"{\\*\\htmltag64 " + piece + b"}", b"\\fromhtml1 {\\*\\htmltag64 " + before + b"}",
               b"{\\*\\htmltag64 " + after + b"}")


def uuencoded(size):
    """Many small files in texts."""
    one = b"begin 644 a\r\n" + (b"M" + b"_" * 60 + b"\r\n") * 150 + b"`\r\nend\r\n"
    return parts(times(one, share) for share in split(size, 1000 * 1000))


def cids(size, piece):
    """Files that the html may name, and html that names none of them."""
    files = b"".join(b"--b\r\nContent-Type: image/png\r\nContent-ID: <%s%d@example.org>\r\n\r\nx\r\n" % (b"a" * 60, i) for i in range(190))
    body = repeated(size - len(files), piece)
    return HEAD + b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" + body + b"\r\n" + files + b"--b--\r\n"


def without_empty_lines(size, boundary):
    """Parts whose header never ends, by a boundary that readers disagree on."""
    one = b"--b\r\nContent-Type: text/plain\r\n" + b"word\r\n" * (size // 900 // 6)
    return HEAD + b"Content-Type: multipart/mixed; " + boundary + b"\r\n\r\n" + one * 900


def names(size):
    """File names of marks that have to be put in order."""
    name = "a" + "\u0301\u0316" * 250
    one = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''" + \
        b"".join(b"%%%02X" % octet for octet in name.encode()) + b"\r\n\r\n%PDF-1.4\r\n"
    return padded(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n" + one) * min(900, size // len(one)), size)


def tnef_files(size):
    count = 190
    data = []
    for i in range(count):
        data += [(2, 0x00069002, b"\0" * 14), (2, 0x0006800F, b"x" * (size * 74 // 100 // count))]
    return tnef(data)


def nested(levels, tag):
    return b"".join(b"<%s>" % tag for _ in range(levels))


def ordinary(size):
    """What the others are compared with: html as a person's mail program writes it."""
    return html(size, b"<div class=\"a\"><p style=\"margin: 0\">Hello <b>Ann</b>,</p><ul><li>the lamp&nbsp;is <a href=\"http://a.example/\">off</a>"
                      b"</li></ul><blockquote type=\"cite\">On Mon, 2 Mar 2026, Bob wrote: <i>Well?</i></blockquote></div>\r\n")


def attacks():
    """Pairs of a name and a function of the size that makes the mail."""
    # html: what is looked for in each blockquote
    yield "html-quotes-of-colons", lambda n: html(n, b": ", nested(199, b"blockquote"))
    yield "html-quotes-nested-of-colons", lambda n: html(n, nested(199, b"blockquote") + b": " * 150 + b"</blockquote>" * 199)
    yield "html-quotes-of-words", lambda n: html(n, b"<blockquote>" + b": " * 140 + b"</blockquote>")
    yield "html-quotes-of-headers", lambda n: html(n, b"<blockquote>On 3 Mar 2026 a@b.example: c: d: e: f: wrote it")
    yield "html-quotes-nested", lambda n: html(n, nested(199, b"blockquote") + b"On Mon, 2 Mar 2026 at 10:15 ann@example.org: no"
                                               + b"</blockquote>" * 199)
    yield "html-quotes-by-turns", lambda n: html(n, b"<blockquote>" * 199 + b"a: 2026 x@y.example: </blockquote>" * 199)
    yield "html-quotes-without-text", lambda n: html(n, b"<b></b>", nested(199, b"blockquote"))
    yield "html-quotes-and-images", lambda n: html(n, b"<img>", nested(199, b"blockquote"))
    yield "html-quotes-of-short-lines", lambda n: html(n, b"<blockquote>a@b 2026:</blockquote>")
    yield "html-lines-in-quotes", lambda n: html(n, b"x<br>", nested(199, b"blockquote"))
    # html: the stack of open elements
    yield "html-items-far-down", lambda n: html(n, b"<li>x</li>", b"<ol>" + nested(195, b"b"))
    yield "html-cells-far-down", lambda n: html(n, b"<td>x</td>", b"<table><tr>" + nested(195, b"b"))
    yield "html-rows-far-down", lambda n: html(n, b"<tr>x</tr>", b"<table>" + nested(195, b"b"))
    yield "html-ends-of-nothing", lambda n: html(n, b"</i>", b"<i><table>" + nested(195, b"b"))
    yield "html-ends-of-spans", lambda n: html(n, b"</q>", b"<q><table>" + nested(195, b"b"))
    yield "html-blocks-in-a-paragraph", lambda n: html(n, b"<hr>", b"<p><table>" + nested(195, b"b"))
    yield "html-tables-nested", lambda n: html(n, nested(48, b"table><tr><td") + b"</table>" * 48)
    yield "html-rows-of-data", lambda n: html(n, b"<tr><td>a<td>" + b"b" * 400, b"<table>")
    yield "html-cells-without-text", lambda n: html(n, b"<i></i>", b"<table><tr><td>")
    yield "html-links-nested", lambda n: html(n, b"<a href=http://a.example><table><tr><td>" * 49 + b"x" * 4000 + b"</table>" * 49)
    yield "html-links", lambda n: html(n, b"<a href=http://a.example/" + b"a" * 900 + b">" + b"a" * 3000 + b"</a>")
    yield "html-lists-nested", lambda n: html(n, b"<ul><li>x")
    yield "html-never-closed", lambda n: html(n, b"<div><span>")
    # html: attributes, markup, references
    yield "html-class-long", lambda n: html(n, b"signatur quote gmail_ cit", b"<p class='", b"'>x")
    yield "html-classes", lambda n: html(n, b"<b class=a>")
    yield "html-attributes-many", lambda n: html(n, b" class=a", b"<p ", b">x")
    yield "html-style-long", lambda n: html(n, b"displa:none;xdisplay:non;", b"<p style='", b"'>x")
    yield "html-styles", lambda n: html(n, b"<b style=a:b>x")
    yield "html-quotes-unclosed", lambda n: html(n, b"<a b=\"c' d='")
    yield "html-attributes-unclosed", lambda n: html(n, b"<a b=\"c ")
    yield "html-comments-unclosed", lambda n: html(n, b"<!-- - ->")
    yield "html-comments", lambda n: html(n, b"<!---->x")
    yield "html-cdata", lambda n: html(n, b"<![CDATA[ x ]]")
    yield "html-styles-unclosed", lambda n: html(n, b"<style></styl>")
    yield "html-less-than", lambda n: html(n, b"<")
    yield "html-ends", lambda n: html(n, b"</")
    yield "html-ampersands", lambda n: html(n, b"&")
    yield "html-references", lambda n: html(n, b"&amp")
    yield "html-references-unknown", lambda n: html(n, b"&zeta1")
    yield "html-references-short", lambda n: html(n, b"&a")
    yield "html-numbers", lambda n: html(n, b"&#1", b"&#")
    yield "html-digits", lambda n: html(n, b"1", b"&#x")
    yield "html-one-tag", lambda n: html(n, b"a", b"<")
    yield "html-letters", lambda n: html(n, b"a")
    yield "html-blanks", lambda n: html(n, b" \t", b"<pre>a")
    yield "html-charset-broken", lambda n: html(n, b"\xff", charset=b"iso-2022-jp")
    yield "html-charset-by-guess", lambda n: html(n, b"\x81 ", charset=b"x-none")
    yield "html-utf8-broken", lambda n: html(n, b"\xff")
    yield "html-utf7", lambda n: html(n, b"+AAA-+", charset=b"utf-7")
    # trimming
    yield "trim-header-tries", lambda n: text(n, b"On Mon, 2 Mar 2026, a@b.example, Ann and all of us here wrote of it:\n")
    yield "trim-header-verbs", lambda n: text(n, b"wrote:\n")
    yield "trim-header-long", lambda n: text(n, b"On 2 Mar 2026 " + b"wrote " * 60 + b"a@b.example:\n")
    yield "trim-from", lambda n: text(n, b"From: a@b.example\n")
    yield "trim-date", lambda n: text(n, b"Date: 1\n")
    yield "trim-date-long", lambda n: text(n, b"Date: " + b"1 " * 290 + b"\n")
    yield "trim-from-and-text", lambda n: text(n, b"From: a\nb c d\n")
    yield "trim-labels", lambda n: text(n, b"Subject: a\n")
    yield "trim-labels-unknown", lambda n: text(n, b"Szbject z: a\n")
    yield "trim-quotes", lambda n: text(n, b">>>>>> a\n")
    yield "trim-quote-signs", lambda n: text(n, b"> ", after=b"\na\n")
    yield "trim-farewells", lambda n: text(n, b"regards\n", b"Yes\n> a\n")
    yield "trim-farewells-alone", lambda n: text(n, b"Regards,\n")
    yield "trim-below-a-quote", lambda n: text(n, b"a line of text www.example.org\n", b"Yes\n> a\n")
    yield "trim-runs", lambda n: text(n, b"> a\nregards\n", times(b"> b\n", 100000) + b"text\n")
    yield "trim-runs-of-rules", lambda n: text(n, b"> a\n--\n", times(b"> b\n", 100000) + b"text\n")
    yield "trim-rules", lambda n: text(n, b"---\n")
    yield "trim-rules-and-blanks", lambda n: text(n, b"__\n" + b"\n" * 800)
    yield "trim-dashes", lambda n: text(n, b"-- \n")
    yield "trim-frames", lambda n: text(n, b"_" * 30 + b"\nconfidential disclaimer\n")
    yield "trim-legal", lambda n: text(n, b"confidential disclaimer\n\n", b"Hello.\n")
    yield "trim-mobile", lambda n: text(n, b"Sent from my phone\n")
    yield "trim-links", lambda n: text(n, b"http http http http http http\n")
    yield "trim-fences", lambda n: text(n, b"```\na\n")
    yield "trim-openers", lambda n: text(n, b" On On On On On On On On On On On On On On On On On On On On:\n")
    yield "trim-separators", lambda n: text(n, b"-- Origina Message --\n")
    yield "trim-lines-empty", lambda n: text(n, b"\n", b"From: a@b.example\n", b"> a\n")
    yield "trim-lines-of-html", lambda n: html(n, b"From: a@b.example<br>")
    yield "trim-farewells-of-html", lambda n: html(n, b"regards<br>", b"Yes<br>&gt; a<br>")
    yield "flowed-quotes", lambda n: text(n, b">>>>>>>> a \n", more=b"; format=flowed")
    # charsets
    yield "charset-broken", lambda n: parts((repeated(share, b"\xff") for share in split(n, 10 ** 6)), b"Content-Type: text/plain; charset=iso-2022-jp")
    yield "charset-escapes", lambda n: parts((repeated(share, b"\x1b$") for share in split(n, 10 ** 6)))
    yield "charset-marks", lambda n: text(n, "\u0301\u0316".encode(), b"a")
    yield "charset-ligatures", lambda n: text(n, "\ufdfa".encode())
    # header fields
    yield "words-open", lambda n: fields(n, b"Subject", b"=?utf-8?Q? ")
    yield "words-open-and-a-blank", lambda n: fields(n, b"Subject", b"=?u?Q?a", after=b" a")
    yield "words-with-question-marks", lambda n: fields(n, b"Subject", b"?=41", b"=?utf-8?Q?a")
    yield "words-in-many-fields", lambda n: padded(numbered(min(n, HEADER), b"X-%d: =?cp437?Q?=84?= =?cp850?Q?=84?=\r\n") + HEAD + b"\r\n", n)
    yield "words-of-many-charsets", lambda n: fields(n, b"Subject", b"=?cp437?Q?=84?= =?cp850?Q?=84?= ")
    yield "words-of-no-charset", lambda n: fields(n, b"Subject", b"=?xa?Q?=84?= =?xb?Q?=84?= ")
    yield "words-to-be-guessed", lambda n: fields(n, b"Subject", b"=?xa?Q?=E9a=E8b=E0?= =?xb?Q?=E9a=E8b=E0?= ")
    yield "fields-to-be-guessed", lambda n: padded(numbered(min(n, HEADER), b"X-%d: \xe9t\xe9 d\xe9j\xe0 \xe0 la f\xeate de No\xebl, h\xe9l\xe0s " + b"\xe9 " * 90 + b"\r\n") + HEAD + b"\r\n", n)
    yield "parts-to-be-guessed", lambda n: parts([b"\xe9t\xe9 d\xe9j\xe0\r\n" * (n // 900 // 10)] * 900, b"Content-Description: \xe9t\xe9 d\xe9j\xe0 " + b"\xe9\xe8 " * 100 + b"\r\nContent-Type: text/plain")
    yield "words-in-an-address", lambda n: fields(n, b"To", b"=?u?Q?a ", after=b"a@b.example")
    yield "address-blanks", lambda n: fields(n, b"To", b" ", b"a", b"@b.example")
    yield "address-blanks-behind", lambda n: fields(n, b"To", b" ", b"a@", b"b.example")
    yield "address-commas", lambda n: fields(n, b"To", b"a,")
    yield "address-quotes", lambda n: fields(n, b"To", b"\"a\\")
    yield "address-comments", lambda n: fields(n, b"To", b"(a\\")
    yield "address-angles", lambda n: fields(n, b"To", b"<")
    yield "address-routes", lambda n: fields(n, b"To", b"@a:", b"<", b">")
    yield "ids-unclosed", lambda n: fields(n, b"References", b"<a@b ")
    yield "ids-nested", lambda n: fields(n, b"References", b"<", after=b">")
    yield "ids-bare", lambda n: fields(n, b"References", b"a@b ")
    yield "subject-answers", lambda n: fields(n, b"Subject", b"Re: ")
    yield "subject-tokens", lambda n: fields(n, b"Subject", b"[INC-1 ")
    yield "parameter-blanks", lambda n: part_fields(n, b"Content-Disposition", b" ", b"attachment; filename=a", b"b")
    yield "parameter-words", lambda n: part_fields(n, b"Content-Disposition", b"a ", b"attachment; filename=")
    yield "parameter-encoded-words", lambda n: part_fields(n, b"Content-Type", b"=?u?Q?a ", b"application/pdf; name=")
    yield "parameter-comments", lambda n: part_fields(n, b"Content-Type", b"(", b"application/pdf; name=")
    yield "parameter-sections", lambda n: part_fields(n, b"Content-Type", b" x*1=y;", b"application/pdf;")
    yield "parameter-quotes", lambda n: part_fields(n, b"Content-Type", b"\\\"", b"application/pdf; name=\"")
    yield "content-ids", lambda n: part_fields(n, b"Content-ID", b"<a ")
    yield "descriptions", lambda n: part_fields(n, b"Content-Description", b"=?utf-8?Q? ")
    yield "field-blanks", lambda n: padded(times(b"X-A:" + b" " * 1000 + b"\r\n", min(n, HEADER)) + HEAD + b"\r\n", n)
    # parts and files
    yield "parts-of-texts", lambda n: parts([b"word\r\n" * (n // 900 // 6)] * 900)
    yield "parts-by-turns", lambda n: parts([b"word\r\n" * (n // 900 // 6)] * 900, b"Content-Type: text/html")
    yield "parts-without-empty-lines", lambda n: without_empty_lines(n, b"boundary=b")
    yield "parts-by-two-boundaries", lambda n: without_empty_lines(n, b"boundary=b; boundary=c")
    yield "parts-by-an-encoded-boundary", lambda n: without_empty_lines(n, b"boundary*=us-ascii''%62; boundary=b")
    yield "parts-by-a-boundary-of-words", lambda n: without_empty_lines(n, b"boundary=\"=?us-ascii?Q?b?=\"")
    yield "parts-by-a-quoted-boundary", lambda n: without_empty_lines(n, b"boundary=\"\\b\"")
    yield "mails-in-a-mail", lambda n: parts([b"Subject: a\r\n\r\n" + b"word\r\n" * (n // 900 // 6)] * 900, b"Content-Type: message/rfc822")
    yield "uuencoded-files", uuencoded
    yield "uuencoded-beginnings", lambda n: parts(times(b"begin 644 a\r\nM" + b"_" * 60 + b"\r\n", share) for share in split(n, 10 ** 6))
    yield "yenc-beginnings", lambda n: parts(times(b"=ybegin line=128 size=9 name=a\r\nabc\r\n", share) for share in split(n, 10 ** 6))
    yield "cid-names", lambda n: cids(n, b"<i title='cid:" + b"a" * 60 + b"'>")
    yield "cid-images", lambda n: cids(n, b"<img src=cid:x alt=a>")
    yield "file-names", names
    yield "tnef-files", tnef_files
    yield "tnef-properties", lambda n: tnef([properties([struct.pack("<IIII", 0x1000001E, 1, 1, 0)] * (n * 74 // 100 // 16))])
    yield "tnef-attributes", lambda n: tnef([(1, 0x00018004, b"a\0")] * (n * 74 // 100 // 13))
    yield "rtf-groups", lambda n: rtf(n, b"{a}")
    yield "rtf-open-groups", lambda n: rtf(n, b"{")
    yield "rtf-code-pages", lambda n: rtf(n, b"\\f1\\'84\\f2\\'84", b"{\\fonttbl{\\f1\\fcharset161 a;}{\\f2\\fcharset204 b;}}")
    yield "rtf-words", lambda n: rtf(n, b"\\zzzzzzzz1")
    yield "rtf-unicode", lambda n: rtf(n, b"\\u228 ")
    yield "rtf-packed", packed_rtf
    yield "rtf-html-quotes", lambda n: rtf_html(n, b": ", nested(199, b"blockquote"))
    # reports and classes
    yield "report-fields", lambda n: parts([times(b"Final-Recipient: a@\r\n b@\r\n\r\n", 60000)] * (n // 60000), b"Content-Type: message/delivery-status")
    yield "report-text", lambda n: text(n, b"a@b@c.d-1.2.3.", b"Delivery failed.\n")
    yield "report-headers", lambda n: padded(times(b"X-Failed-Recipients: a@@b@@c\r\n", min(n, HEADER)) + HEAD + b"\r\n", n)
