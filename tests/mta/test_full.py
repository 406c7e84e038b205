"""A disk of the database that is really full: the contents of attachments lie on a small one, made for this test."""

import base64
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Skip, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN, SUPPORT = "ann@acme.example", "support@acme.example"


class SmallDisk:
    """A file system of a few MB in the stack's folder, with the table of contents on it."""

    def __init__(self, stack):
        self.stack, self.path = stack, stack.path("small")

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("only root can make a small disk")
        os.makedirs(self.path)
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0711", "tmpfs", self.path], stderr=subprocess.PIPE,
                              text=True)
        if made.returncode != 0:
            os.rmdir(self.path)
            raise Skip("no small disk can be made here: " + made.stderr.strip())
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self):
        owner = os.stat(self.stack.value("SELECT current_setting('data_directory') AS folder"))
        os.mkdir(self.path + "/space")
        os.chown(self.path + "/space", owner.st_uid, owner.st_gid)
        self.stack.psql("CREATE TABLESPACE small LOCATION '%s/space'" % self.path)
        self.stack.psql("ALTER TABLE ticketing.blob SET TABLESPACE small")

    def grow(self):
        subprocess.run(["mount", "-o", "remount,size=64m", self.path], check=True)

    def __exit__(self, *_):
        self.stack.stop_postgres("immediate")
        subprocess.run(["umount", self.path], check=True)


def big_mail(message_id):
    data = base64.encodebytes(os.urandom(12 * 1024 * 1024)).decode()
    return mail("A big file", message_id="<%s>" % message_id, body=data, headers=[
        ("MIME-Version", "1.0"), ("Content-Type", 'application/octet-stream; name="big.bin"'),
        ("Content-Disposition", 'attachment; filename="big.bin"'), ("Content-Transfer-Encoding", "base64")])


def counts(stack):
    return [int(stack.value("SELECT count(*) FROM ticketing." + table)) for table in ("ticket", "intake", "attachment")]


@case("D7: a full disk of the database is 452 4.3.1 and leaves nothing; with room again the mail is one ticket")
def _(stack):
    with SmallDisk(stack) as disk:
        content, before = big_mail("full.1@acme.example"), counts(stack)
        code, text = stack.send(content, ANN, [SUPPORT])
        expect_equal(code, 452, "the reply (%s)" % text)
        expect("4.3.1" in text, "the reply is " + text)
        expect_equal(counts(stack), before, "tickets, intakes and attachments")
        expect_equal(stack.send(mail("A small one", message_id="<full.2@acme.example>"), ANN, [SUPPORT])[0], 250, "a small mail")
        disk.grow()
        for _ in range(2):
            expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250, "the reply with room")
        rows = stack.rows("SELECT size FROM ticketing.attachment WHERE filename = 'big.bin'")
        expect_equal([row["size"] for row in rows], [12 * 1024 * 1024], "the attachment")


main(Stack)
