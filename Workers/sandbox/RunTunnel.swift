internal import Jail
internal import Posix
internal import Tunnel

/// The tunnel of one run, served by its own thread.
enum RunTunnel {
  /// For `run`, which is `proxied`. `tunnel` outlives it.
  static func serve(_ run: JailRun, hosts: [String], tunnel: Int32) throws(PosixError) {
    let connections = try TunnelRun(hosts: hosts, tunnel: tunnel, watcher: run)
    run.onProxy = { connections.listen(on: $0) }
    run.onGone = { [unowned run] in
      connections.end()
      run.result.hostDenials = connections.denials.map {
        var denial = JailHostDenial(host: $0.host, why: $0.why, isExact: $0.isExact)
        denial.count = $0.count
        return denial
      }
      var use = JailNetworkUse()
      (use.connections, use.sentBytes, use.receivedBytes) = (
        connections.use.connections, connections.use.sentBytes, connections.use.receivedBytes
      )
      run.result.networkUse = use
    }
  }
}

extension JailRun: TunnelWatcher {}
