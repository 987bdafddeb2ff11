extension Configuration {
  /// Every key with its meaning; loads to the defaults. A line that starts with `#` and no space is a key that has no
  /// default of its own, or one that depends on the user: remove the `#` to set it.
  package static let sample = """
    # Configuration of the Bulkhead coordinator. Every key may be left out; the values shown are the defaults.
    #
    # It is looked for in: --config FILE, $BULKHEAD_CONFIG, $XDG_CONFIG_HOME/bulkhead/bulkhead.yaml
    # (~/.config/bulkhead/bulkhead.yaml), /etc/bulkhead/bulkhead.yaml; the first one that is there is the only one read.
    # `bulkheadd --check-config` says what is wrong with it, or prints what it comes to.
    #
    # ${NAME} and ${NAME:-default} in a text stand for variables of the environment, $$ for a dollar sign.
    # Spans of time: 250ms, 30s, 5m, 12h, 7d. Sizes: 4096, 64KiB, 64MiB, 1GiB, 1GB.

    # user: one user's own service. system: the machine's, run by root, shared with a group.
    mode: user

    # The socket that clients connect to; at most 107 bytes. --socket and BULKHEAD_SOCKET come first.
    # By default $XDG_RUNTIME_DIR/bulkhead/bulkhead.sock, or /tmp/bulkhead-UID/bulkhead.sock without that variable;
    # in the system mode /run/bulkhead/bulkhead.sock.
    #socket: /run/user/1000/bulkhead/bulkhead.sock

    # Journal, artifacts and logs; made with mode 0700.
    # By default $XDG_STATE_HOME/bulkhead (~/.local/state/bulkhead); in the system mode /var/lib/bulkhead.
    #state: /var/lib/bulkhead

    # The group that may use the socket; in the system mode only.
    #group: bulkhead

    # Whom workers run as when the coordinator is root. Never root.
    run_as: bulkhead

    # Nobody approves what they asked for themselves; in the system mode only.
    four_eyes: false

    # What may happen and who decides: the path of a file, or what would stand in it; protocol/policy.md has every member.
    # By default policy.yaml beside this file, if there is one.
    #policy: /etc/bulkhead/policy.yaml

    # Which of the policy's environments applies; by default the one that it names itself. --environment and
    # BULKHEAD_ENVIRONMENT come first.
    #environment: production

    # How long running calls may go on after SIGTERM.
    drain_timeout: 30s

    # Of a call that names none.
    call_timeout: 5m

    log:
      # error, warn, info or debug
      level: info
      # text, json, or auto: text on a terminal, JSON lines elsewhere
      format: auto

    limits:
      # Connected clients.
      clients: 1024
      # Calls that wait for one kind of worker.
      queue: 1024
      # One artifact, and all of them with open uploads.
      artifact: 1GiB
      artifacts: 16GiB
      # Open uploads of everyone, and of one connection.
      uploads: 256
      uploads_per_connection: 16

    jobs:
      # Plans that run at a time; the others wait on disk.
      active: 128
      # How long a job that has ended is kept, with its history.
      keep: 30d
      # The longest that a result is used again for the same input, if its tool allows it (cache_ttl_ms); 0: never.
      cache: 1h
      # Attempts of one tool at a time, where that is less than its worker takes.
      #concurrency:
        #receipt_ocr: 2

    jail:
      # The least wall that is acceptable: full, old-landlock or no-namespaces. With less than full the best that this
      # machine can do is built, and `bulkhead workers` shows it; work that would get less than this is refused.
      grade: full
      # Parts of the wall that are given up, by name: namespaces, new-landlock, network.
      loosen: []

    workers:
      # Folders whose subfolders hold a worker with its worker.json; the first one that has a kind wins. By default
      # $XDG_DATA_HOME/bulkhead/workers (~/.local/share/bulkhead/workers; in the user mode), then these two.
      #path: [/usr/local/lib/bulkhead/workers, /usr/lib/bulkhead/workers]

      # Language models: Workers/models/README.md has every setting. Keys that are set as variables of the coordinator
      # (OPENAI_API_KEY, ANTHROPIC_API_KEY, …) need no word here.
      #models:
        #settings:
          #providers:
            #local: {kind: llamacpp, base_url: "http://127.0.0.1:8080/v1"}
          #roles:
            #planner: [openai/gpt-4o, anthropic/claude-sonnet-4-5]
            #worker: [local]

      # What is said about one kind of worker, by its name, beyond its worker.json.
      #echo:
        #enabled: true
        # How many processes, and how many calls each takes at a time.
        #instances: 1
        #concurrency: 4
        # Whatever the worker understands.
        #settings: {greeting: hello, retries: 3}
        # By name, each from a variable of the coordinator's environment or from a file that only its user can read.
        # No ${NAME} here. The worker gets the value when it starts, and nobody else does.
        #secrets:
          #API_KEY: {env: ECHO_API_KEY}
          #TOKEN: {file: /etc/bulkhead/echo-token}
        # Folders and files that it may read, and write, beside those of its worker.json. Never the state, the socket or
        # this file. Not for a worker with a network to write.
        #read: [/srv/data]
        #write: [/srv/out]
        # Only for a worker that asks to be a credential helper: programs that it may run with a network, each time in a
        # new jail, and folders that belong to them.
        #credential_helper: [/usr/bin/az, /opt/az]
        # The most that one instance may use.
        #limits:
          #wall: 5m
          #cpu: 1m
          #memory: 512MiB
          #processes: 64
          #file: 64MiB
          #open_files: 256
          #output: 1MiB
          #workspace: 256MiB
        # How often an instance is asked whether it is alive, and how long its answer may take.
        #heartbeat: {interval: 10s, timeout: 5s}
        # From the request to stop until SIGKILL.
        #grace: 5s
        # Waits between restarts double from the first to the longest; a worker that lived for stable_after starts over;
        # one that ends before its first job makes its whole kind wait for throttle_delay.
        #restart: {first_delay: 100ms, longest_delay: 30s, throttle_delay: 10s, stable_after: 1m}

    """
}
