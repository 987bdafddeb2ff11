// bulkhead: the client. This file only starts `Program`; the commands are in `Commands`, one file each, and one table,
// `Command.all`, makes their parsing, help and completions. A command that needs no coordinator starts no thread.

import Glibc

exit(Program.run(Array(CommandLine.arguments.dropFirst())))
