/// What a Python interpreter runs before the caller's code arrives: the same for a warm and a cold one.
///
/// Descriptor 3 brings one request, descriptor 4 takes `R` and its processor time when ready, `B` when it begins, and one reply; see `Exchange`. The code runs in a
/// module of its own named `__main__`, with `input` in it; `output` is taken from it. Everything that is needed
/// afterwards is held in locals beforehand, so that code that replaces `json.dumps` or `os.write` harms only itself.
enum PythonBootstrap {
  static let source = #"""
    def main():
        import sys, os, json, gc, io, atexit, time
        read, write, close, makedirs = os.read, os.write, os.close, os.makedirs
        dumps, loads, leave = json.dumps, json.loads, os._exit

        def take(count):
            parts = []
            while count:
                part = read(3, min(count, 1 << 20))
                if not part:
                    leave(0)
                parts.append(part)
                count -= len(part)
            return b"".join(parts)

        def give(reply):
            data = dumps(reply).encode()
            data = len(data).to_bytes(4, "big") + data
            try:
                while data:
                    data = data[write(4, data):]
            except OSError:
                pass

        def failure(name, error):
            try:
                message = str(error)[:2000]
            except BaseException:
                message = "an exception that cannot be shown"
            return {"name": name, "type": type(error).__name__[:200], "message": message}

        sys.stdout.reconfigure(line_buffering=True)
        sys.path.append("/workspace")
        module = type(sys)("__main__")
        space = module.__dict__
        space["__builtins__"] = __builtins__
        dumps({"a": [1, 2.5, None, True, "b"]})
        compile("output = {'a': 1 + sum([x for x in input['b']])}", "<code>", "exec")
        gc.collect()
        gc.freeze()
        write(4, b"R" + int(time.process_time() * 1e6).to_bytes(8, "big"))
        head = loads(take(int.from_bytes(take(4), "big")))
        for file in head["files"]:
            path = "/workspace/" + file["path"]
            makedirs(path.rpartition("/")[0], exist_ok=True)
            with open(path, "xb") as out:
                out.write(take(file["bytes"]))
        close(3)
        write(4, b"B")
        sys.argv = ["-c"]
        sys.modules["__main__"] = module
        code = head["code"]
        space["input"] = head["input"]
        status, reply = 0, {"output": None}
        try:
            exec(compile(code, "<code>", "exec"), space)
        except SystemExit as end:
            if end.code is None:
                status = 0
            elif isinstance(end.code, int):
                status = end.code & 255
            else:
                print(end.code, file=sys.stderr)
                status = 1
        except BaseException as error:
            status = 1
            reply = {"output": None, "error": failure("exception", error)}
            try:
                import linecache, traceback
                linecache.cache["<code>"] = (len(code), None, code.splitlines(True), "<code>")
                first = error.__traceback__.tb_next
                lines = [f.lineno for f in traceback.extract_tb(first) if f.filename == "<code>"]
                if lines:
                    reply["error"]["line"] = lines[-1]
                traceback.print_exception(type(error), error, first)
            except BaseException:
                pass
        if "threading" in sys.modules:
            try:
                sys.modules["threading"]._shutdown()
            except BaseException:
                pass
        if "error" not in reply:
            try:
                value = space.get("output")
                reply = {"output": value}
                dumps(value, allow_nan=False)
            except BaseException as error:
                status = status or 1
                reply = {"output": None, "error": failure("output_not_json", error)}
                try:
                    print("output is not JSON:", reply["error"]["message"], file=sys.stderr)
                except BaseException:
                    pass
        give(reply)
        try:
            atexit._run_exitfuncs()
            space.clear()
            gc.collect()
        except BaseException:
            pass
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:
                pass
        leave(status)

    main()
    """#
}
