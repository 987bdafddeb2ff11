/// What Node runs before the caller's code: as `PythonBootstrap`. The code is a script of its own, in which `input` and
/// `require` are known; `output` is what that variable holds when the program ends, timers and promises included.
enum NodeBootstrap {
  static let source = #"""
    "use strict";
    {
      const fs = require("fs"), vm = require("vm");
      const {parse, stringify} = JSON;
      const take = (count) => {
        const bytes = Buffer.alloc(count);
        for (let at = 0; at < count;) {
          const got = fs.readSync(3, bytes, at, count - at, null);
          if (got === 0) process.reallyExit(0);
          at += got;
        }
        return bytes;
      };
      const {writeSync, mkdirSync, writeFileSync, closeSync} = fs;
      const give = (reply) => {
        const text = Buffer.from(stringify(reply));
        let data = Buffer.alloc(4);
        data.writeUInt32BE(text.length);
        data = Buffer.concat([data, text]);
        try {
          while (data.length > 0) data = data.subarray(writeSync(4, data));
        } catch {}
      };
      writeSync(4, Buffer.concat([Buffer.from("R"), Buffer.alloc(8)]));
      const head = parse(take(take(4).readUInt32BE(0)).toString());
      for (const file of head.files) {
        const path = "/workspace/" + file.path;
        mkdirSync(path.slice(0, path.lastIndexOf("/")), {recursive: true});
        writeFileSync(path, take(file.bytes), {flag: "wx"});
      }
      closeSync(3);
      let error = null;
      process.on("uncaughtExceptionMonitor", (failure) => {
        error = {name: "exception", type: String(failure?.name ?? typeof failure).slice(0, 200),
                 message: String(failure?.message ?? failure).slice(0, 2000)};
        const line = /<code>:(\d+)/.exec(String(failure?.stack ?? ""));
        if (line) error.line = Number(line[1]);
      });
      process.on("exit", (status) => {
        let reply = {output: null};
        if (error) {
          reply.error = error;
        } else {
          try {
            const value = vm.runInThisContext("typeof output === 'undefined' ? null : output");
            const text = stringify(value);
            reply.output = text === undefined ? null : parse(text);
          } catch (failure) {
            process.exitCode = status || 1;
            reply.error = {name: "output_not_json", type: String(failure?.name).slice(0, 200),
                           message: String(failure?.message).slice(0, 2000)};
            try { writeSync(2, "output is not JSON: " + reply.error.message + "\n"); } catch {}
          }
        }
        give(reply);
      });
      globalThis.input = head.input;
      globalThis.require = require;
      vm.runInThisContext(head.code, {filename: "<code>", importModuleDynamically: undefined});
    }
    """#
}
