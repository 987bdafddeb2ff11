/// What a Python interpreter runs before the caller's code arrives: the same for a warm and a cold one.
///
/// Descriptor 3 brings one request, descriptor 4 takes `R` and its processor time when ready, and one reply; see
/// `Exchange`. The code runs in a module of its own named `__main__`, with `input` in it; `output` is taken from it.
/// Then, in this order: threads that are no daemons are joined, `output` is taken, exit handlers run, what the code left
/// is finalised (files are closed), the streams are flushed, the reply is written with the exit code, and the process
/// waits for its end, which daemon threads do not outlive. Everything that is needed afterwards is held in locals
/// beforehand, so that code that replaces `json.dumps` or `os.write` harms only itself.
enum PythonBootstrap {
  static let source = #"""
    def main():
        import sys, os, json, gc, io, atexit, time, select
        read, write, makedirs = os.read, os.write, os.makedirs
        dumps, loads, leave = json.dumps, json.loads, os._exit
        run_exit_handlers, collect, module_type = atexit._run_exitfuncs, gc.collect, type(sys)
        end = select.poll()
        end.register(3, select.POLLIN)
        wait_for_end = end.poll

        def take(source, count):
            parts = []
            while count:
                part = read(source, min(count, 1 << 20))
                if not part:
                    leave(0)
                parts.append(part)
                count -= len(part)
            return b"".join(parts)

        def failure(name, error):
            try:
                message = str(error)[:2000]
            except BaseException:
                message = "an exception that cannot be shown"
            return {"name": name, "type": type(error).__name__[:200], "message": message}

        def told(error, code):
            reply = failure("exception", error)
            try:
                import linecache, traceback
                linecache.cache["<code>"] = (len(code), None, code.splitlines(True), "<code>")
                first = error.__traceback__.tb_next
                lines = [f.lineno for f in traceback.extract_tb(first) if f.filename == "<code>"]
                if lines:
                    reply["line"] = lines[-1]
                traceback.print_exception(type(error), error, first)
            except BaseException:
                pass
            return reply

        def serve(source, sink, name):
            head = loads(take(source, int.from_bytes(take(source, 4), "big")))
            for file in head["files"]:
                path = "/workspace/" + file["path"]
                makedirs(path.rpartition("/")[0], exist_ok=True)
                with open(path, "xb") as out:
                    out.write(take(source, file["bytes"]))
            module = module_type(name)
            space = module.__dict__
            space["__builtins__"] = __builtins__
            space["input"] = head["input"]
            sys.modules[name] = module
            code = head["code"]
            status, answer = 0, None
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
                answer = dumps({"output": None, "error": told(error, code)})
            if "threading" in sys.modules:
                try:
                    sys.modules["threading"]._shutdown()
                except BaseException:
                    pass
            if answer is None:
                try:
                    answer = '{"output": ' + dumps(space.get("output"), allow_nan=False) + "}"
                except BaseException as error:
                    status = status or 1
                    error = failure("output_not_json", error)
                    answer = dumps({"output": None, "error": error})
                    try:
                        print("output is not JSON:", error["message"], file=sys.stderr)
                    except BaseException:
                        pass
            try:
                run_exit_handlers()
                space.clear()
                collect()
            except BaseException:
                pass
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except BaseException:
                    pass
            data = answer.encode()
            data = len(data).to_bytes(4, "big") + data + b"E" + bytes((status,))
            try:
                while data:
                    data = data[write(sink, data):]
            except OSError:
                leave(status)
            return status

        # Once for itself, so that everything on the way is loaded, compiled and touched.
        source, own = os.pipe()
        other, sink = os.pipe()
        request = dumps({"code": "output = {'a': 1 + sum([x for x in input['b']])}", "input": {"b": [1, 2.5]}, "files": []})
        write(own, len(request).to_bytes(4, "big") + request.encode())
        serve(source, sink, "__rehearsal__")
        read(other, 4096)
        for number in (source, own, other, sink):
            os.close(number)
        del sys.modules["__rehearsal__"]
        sys.stdout.reconfigure(line_buffering=True)
        sys.path.append("/workspace")
        sys.argv = ["-c"]
        gc.collect()
        gc.freeze()
        write(4, b"R" + int(time.process_time() * 1e6).to_bytes(8, "big"))
        status = serve(3, 4, "__main__")
        wait_for_end(1000)
        leave(status)

    main()
    """#
}
