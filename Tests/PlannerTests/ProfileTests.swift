import JSON
import Testing
import Wire

@testable import Planner

@Suite struct ProfileTests {
  @Test(arguments: [
    ("smollm2-135m-instruct", 0.135), ("SmolLM2-135M-Instruct.Q4_1.gguf", 0.135), ("llama3.1:8b", 8),
    ("qwen2.5-0.5b", 0.5),
    ("mixtral-8x7b-instruct", 56), ("gpt-oss-20b", 20), ("qwen3-30b-a3b", 30), ("meta/Llama-3.3-70B-Instruct", 70),
    ("gemma-3-270m", 0.27), ("deepseek-r1:1.5b-qwen-distill-q4_K_M", 1.5),
  ])
  func `the number of parameters is read off a name`(_ name: String, _ billions: Double) throws {
    #expect(abs(try #require(ModelProfile.billions(name)) - billions) < 1e-9)
  }

  @Test(arguments: [
    "", "phi3", "llama3.2", "gpt-4o", "q4_k_m", "4bit", "b", "m", ".b", "xb", "9x", "1e400b", "nanb", "-3b2",
  ])
  func `a name without one has none`(_ name: String) {
    #expect(ModelProfile.billions(name) == nil)
  }

  @Test(arguments: [
    ("openai", "gpt-4o", false, "large"), ("anthropic", nil, false, "large"),
    ("gemini", "gemini-2.5-pro", false, "large"),
    ("azure-openai", "my-deployment", false, "large"), ("ollama", "phi3", true, "small"),
    ("ollama", "llama3.1:8b", true, "large"),
    ("llamacpp", nil, true, "small"), ("lmstudio", "qwen2.5-3b", true, "small"),
    ("vllm", "Llama-3.3-70B", false, "large"),
    ("openai-compatible", "m", true, "small"), ("openai-compatible", "m", false, "large"),
    ("openai-compatible", "m-1b", false, "small"),
  ])
  func `cloud models are large, local ones as their name says`(
    _ kind: String,
    _ model: String?,
    _ isLoopback: Bool,
    _ size: String
  ) {
    #expect(ModelProfile.size(kind: kind, model: model, isLoopback: isLoopback).rawValue == size)
  }

  @Test func `the first of a chain that has its key is meant`() {
    let models = ConfiguredModels([
      "providers": [
        ["name": "cloud", "kind": "openai", "base_url": "https://api.openai.com/v1", "has_key": false],
        ["name": "home", "kind": "ollama", "base_url": "http://127.0.0.1:11434", "has_key": true],
      ],
      "roles": ["planner": ["cloud/gpt-4o", "home/llama3.2:3b"], "worker": ["gone/x"]],
    ])
    #expect(
      models.profile(of: "planner")
        == ModelProfile(provider: "home", kind: "ollama", model: "llama3.2:3b", size: .small)
    )
    #expect(models.profile(of: "worker") == nil && models.profile(of: "nobody") == nil)
    #expect(models.unknownProvider(of: "planner") == nil)
    #expect(ConfiguredModels("nonsense").profile(of: "planner") == nil)
  }

  @Test func `a local server's own list tells how large its model is`() {
    let list = Script.list(kind: "llamacpp", model: nil)
    #expect(ConfiguredModels(list).unknownProvider(of: "planner") == "p")
    let live = Script.list(kind: "llamacpp", model: nil, more: ["models": ["qwen2.5-7b-instruct"]])
    #expect(ConfiguredModels(live).profile(of: "planner")?.size == .large)
    #expect(ConfiguredModels(live).unknownProvider(of: "planner") == nil)
  }

  @Test func `settings are read, and a mistake is named`() throws {
    let settings = try PlannerSettings([
      "size": ["planner": "large"], "tools": 10, "tries": 2, "recipes": "off", "verify": "never", "writer": "scribe",
      "small_tools": 4, "small_steps": 6, "max_tokens": 900,
    ])
    #expect(settings.sizes == ["planner": .large] && settings.tools == 10 && settings.tries == 2)
    #expect(settings.recipes == .off && settings.verify == .never && settings.writer == "scribe")
    #expect(settings.smallTools == 4 && settings.smallSteps == 6 && settings.maxTokens == 900)
    #expect(try PlannerSettings(["size": "small"]).size == .small)
    for (wrong, path) in [
      (["tools": 0], "/tools"), (["tools": "many"], "/tools"), (["size": "huge"], "/size"), (["tries": 11], "/tries"),
      (["size": ["planner": 3]], "/size/planner"), (["recipe": "off"], "/recipe"), (["verify": true], "/verify"),
      (["writer": ""], "/writer"),
    ] as [(JSONObject, JSON)] {
      #expect { try PlannerSettings(wrong) } throws: { ($0 as? WireError)?.data["path"] == path }
    }
  }
}
