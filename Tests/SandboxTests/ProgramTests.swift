import Foundation
import Glibc
import JSON
import Testing
import Wire

/// What a script tries in a jail whose programs were listed, to run another.
@Suite(.serialized) struct ProgramTests {
  private let programs = needs { $0.programs = ["cat", "cp", "chmod", "ln", "perl"] }

  @Test func `bash itself is there whatever is listed, and nothing else`() throws {
    let bench = try SandboxBench()
    let answer = try bench.bash(
      "echo here; bash -c 'echo again'; ls; echo $?; id; echo $?",
      needs: needs { $0.programs = [] }
    )
    #expect(answer.stdout == "here\nagain\n127\n127\n")
    try bench.end()
  }

  @Test func `a listed program that is copied under another name does not run`() throws {
    let bench = try SandboxBench()
    let script = """
      for folder in /workspace /tmp; do
        cp "$(type -P cat)" $folder/ls; chmod 755 $folder/ls
        test -s $folder/ls && $folder/ls /dev/null; echo $?
        PATH=$folder:$PATH; ls /dev/null; echo $?; PATH=${PATH#*:}
      done
      "$(type -P cat)" /dev/null; echo $?
      """
    let answer = try bench.bash(script, needs: programs)
    #expect(answer.stdout == "126\n126\n126\n126\n0\n")
    #expect(answer.stderr?.contains("Permission denied") == true)
    try bench.end()
  }

  @Test func `the loader as a program runs what is listed and nothing else`() throws {
    let bench = try SandboxBench()
    let script = """
      for file in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.*; do test -e $file && loader=$file; done
      $loader "$(type -P cat)" /dev/null; echo $?
      cp "$(type -P cat)" ls; chmod 755 ls
      $loader ./ls /dev/null; echo $?
      $loader /usr/bin/id; echo $?
      """
    let answer = try bench.bash(script, needs: programs)
    #expect(answer.stdout == "0\n127\n127\n")
    #expect(answer.stderr?.contains("failed to map segment") == true)
    try bench.end()
  }

  @Test func `a program in memory is not made`() throws {
    let bench = try SandboxBench()
    #if arch(x86_64)
      let number = 319
    #else
      let number = 279
    #endif
    let answer = try bench.bash(
      "perl -e 'my $name = \"x\"; print syscall(\(number), $name, 0), \" \", $! + 0'",
      needs: programs
    )
    #expect(answer.stdout == "-1 \(EPERM)")
    #expect(answer.denied.contains("memfd_create"))
    try bench.end()
  }

  @Test func `a script whose interpreter is listed does not run as a program, and one outside the list is not there`()
    throws
  {
    let bench = try SandboxBench()
    let script = """
      printf '#!%s\\nprint 1' "$(type -P perl)" >a; printf '#!/usr/bin/id\\n' >b; chmod 755 a b
      ./a; echo $?
      ./b; echo $?
      perl a; echo " $?"
      """
    let answer = try bench.bash(script, needs: programs)
    #expect(answer.stdout == "126\n126\n1 0\n")
    try bench.end()
  }

  @Test func `a program of a folder that may be read does not run`() throws {
    // What a call may need is at most what the worker itself sees, so this one is started by hand.
    let bench = try SandboxBench(.byHand)
    let folder = URL(filePath: "/var/tmp/bulkhead-programs-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Safety: what cannot be removed stays in a folder for temporary files.
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(atPath: "/bin/true", toPath: folder.appending(path: "ls").path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let answer = try bench.bash(
      "cat \(folder.path)/ls >/dev/null; echo $?; \(folder.path)/ls; echo $?",
      needs: needs {
        $0.programs = ["cat"]
        $0.read = [folder.path]
      }
    )
    #expect(answer.stdout == "0\n126\n")
    try bench.end()
  }

  @Test func `a link leads to no program that is not listed`() throws {
    let bench = try SandboxBench()
    let script = """
      ln -s /usr/bin/id ls; ./ls; echo $?
      ln -s "$(type -P cat)" cat2; ./cat2 /dev/null; echo $?
      /proc/self/root/usr/bin/id; echo $?; /usr/bin/../bin/id; echo $?
      """
    #expect(try bench.bash(script, needs: programs).stdout == "127\n0\n127\n127\n")
    try bench.end()
  }

  @Test func `a library of the workspace is loaded by no program and no builtin`() throws {
    let bench = try SandboxBench()
    let script = """
      for file in /lib/*/libm.so.6 /usr/lib/*/libm.so.6 /lib64/libm.so.6; do test -e $file && cp $file lib.so; done
      test -s lib.so; echo $?
      LD_PRELOAD=$PWD/lib.so cat /dev/null
      enable -f $PWD/lib.so cos; echo $?
      """
    let answer = try bench.bash(script, needs: programs)
    #expect(answer.stdout == "0\n1\n")
    #expect(answer.stderr?.components(separatedBy: "failed to map segment").count == 3)
    try bench.end()
  }
}
