# SPDX-License-Identifier: ISC
"""Calls the client for Python as each line of standard input says, and answers each with a line; see clients.mjs."""
import json
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "clients" / "python"))
from rollcall import Rollcall, RollcallError  # noqa: E402

client = None


def name_of(camel):
    return re.sub("[A-Z]", lambda match: "_" + match[0].lower(), camel)


def answer_to(url=None, options=None, call=None, args=(), named=None):
    global client
    if url is not None:
        client = Rollcall(url, **(options or {}))
    if call is None:
        return None
    if call == "verify":
        args = [args[0], args[1].encode()]
    named = {name + "_" if keyword.iskeyword(name) else name: value for name, value in (named or {}).items()}
    result = getattr(client, name_of(call))(*args, **named)
    return list(result) if isinstance(result, Iterator) else result


def line_for(line):
    try:
        return {"result": answer_to(**json.loads(line))}
    except RollcallError as error:
        return {
            "error": {
                "status": error.status,
                "code": error.code,
                "message": str(error),
                "retryAfter": error.retry_after,
                "line": error.line,
            }
        }
    except Exception as error:
        return {"wrong": isinstance(error, ValueError), "message": repr(error)}


for given in sys.stdin:
    print(json.dumps(line_for(given)), flush=True)
