# Makes the databases of the tests of packages sqlite and session with SQLite itself: python3 make.py
import json, os, shutil, sqlite3, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))

def make(target, page, statements, checkpoint=None, more=()):
    """Runs statements in WAL mode and copies the files while the database is open, so that the journal is in force."""
    with tempfile.TemporaryDirectory() as d:
        name = os.path.join(d, "x.db")
        c = sqlite3.connect(name, isolation_level=None)
        c.execute("pragma page_size=%d" % page)
        c.execute("pragma journal_mode=wal")
        c.execute("pragma wal_autocheckpoint=0")
        for s in statements: c.execute(*s) if isinstance(s, tuple) else c.execute(s)
        if checkpoint: c.execute("pragma wal_checkpoint(%s)" % checkpoint)
        for s in more: c.execute(*s) if isinstance(s, tuple) else c.execute(s)
        for suffix in ("", "-wal"):
            if os.path.exists(name + suffix) and os.path.getsize(name + suffix): shutil.copy(name + suffix, os.path.join(here, target + suffix))
        c.close()

# Small pages make a deep tree of few rows. Every fifth row is too long for its page; some were updated and removed, and
# the last transactions are in the journal alone.
rows = [("insert into message values(?,?,?,?)", ("m%03d" % i, i * 1000003 if i % 7 else None, "x" * (i * 8 if i % 5 == 0 else i % 40), i / 4)) for i in range(300)]
make("tree.db", 512, ["create table other(a,b)", "create table `message` (`id` text PRIMARY KEY, `n` integer, `data` text NOT NULL, `f` real, CONSTRAINT c CHECK (n <> 5))"] + rows[:200], "full",
     rows[200:] + ["delete from message where n % 11 = 3", "update message set data = 'changed' where id in ('m010','m299')", "alter table message add column late text"])
make("plain.db", 4096, ["create table t(a integer primary key, b blob)", "insert into t values(7,x'00ff')", "insert into t values(-3,null)", "insert into t values(9, 1), (10, 0), (11, -129), (12, 40000), (13, -9000000), (14, 3000000000), (15, 9007199254740993), (16, 1.5)"], "truncate")

# What opencode has: a session, one that is forked off it, a sub-agent's, and messages that tell of no call.
schema = ["CREATE TABLE `session` (`id` text PRIMARY KEY, `parent_id` text, `version` text NOT NULL)",
          "CREATE TABLE `message` (`id` text PRIMARY KEY, `session_id` text NOT NULL, `time_created` integer NOT NULL, `time_updated` integer NOT NULL, `data` text NOT NULL, CONSTRAINT `fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE)"]
def message(id, session, at, input, output=100, model="claude-sonnet-4-6", **more):
    t = 1793700000000 + at * 1000
    d = dict({"parentID": "u", "role": "assistant", "path": {"cwd": "/src/shop", "root": "/src/shop"}, "cost": 0.1, "tokens": {"input": input, "output": output, "reasoning": 7, "cache": {"read": 50, "write": 60}},
              "modelID": model, "providerID": "anthropic", "time": {"created": t, "completed": t + 900}, "finish": "stop"}, **more)
    return ("insert into message values(?,?,?,?,?)", (id, session, t, t, json.dumps(d, separators=(",", ":"))))
first = [message("msg_1", "ses_one", 1, 1000), message("msg_2", "ses_one", 2, 2000)]
fork = [("insert into message values(?,?,?,?,?)", (i, "ses_two", a[2], a[3], a[4])) for i, (_, a) in zip(("msg_3", "msg_4"), first)]
make("../../testdata/opencode/opencode.db", 1024, schema + [("insert into message values(?,?,?,?,?)", ("msg_0", "ses_one", 0, 0, '{"role":"user","text":"' + "hi " * 2000 + '"}'))] + first, "full",
     fork + [message("msg_5", "ses_two", 3, 4000), message("msg_6", "ses_sub", 4, 8000, model="claude-haiku-4-5"), message("msg_7", "ses_one", 5, 0, 0, tokens={"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}}, error={"name": "APIError"}),
             message("msg_8", "ses_one", 6, -1), message("msg_9", "ses_one", 7, 16000, time={"created": 1793700007000})])
