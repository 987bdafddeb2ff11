import ClientKit
import JSON
import ProviderServer
import Testing
import Wire

/// The variables that other programs use, and the ways to Azure.
@Suite(.serialized) struct EnvironmentTests {
  private func list(_ service: ModelService) async throws -> (providers: [String: JSON], roles: JSON, notes: [String]) {
    let list = try await service.client.call(tool: "model_list", input: [:]).output
    var providers: [String: JSON] = [:]
    for provider in list["providers"]?.arrayValue ?? [] { providers[provider["name"]?.stringValue ?? ""] = provider }
    return (providers, list["roles"] ?? .null, (list["notes"]?.arrayValue ?? []).compactMap(\.stringValue))
  }

  @Test func `keys in the environment are providers, and the planner is who is named`() async throws {
    let service = try await ModelService(
      "{}",
      environment: [
        "OPENAI_API_KEY": "sk-open-0123456789", "OPENAI_BASE_URL": "URL/o/v1", "ANTHROPIC_API_KEY": "sk-ant-0123456789",
        "PLANNER_PROVIDER": "anthropic", "SMALL_MODEL_BACKEND": "ollama", "WORKER_MODEL": "phi3",
        "OLLAMA_HOST": "127.0.0.1:9",
      ]
    )
    let (providers, roles, _) = try await list(service)
    #expect(Set(providers.keys) == ["openai", "anthropic", "ollama"])
    #expect(roles["planner"] == ["anthropic/claude-sonnet-4-5"] && roles["worker"] == ["ollama/phi3"])
    #expect(providers["ollama"]?["base_url"] == "http://127.0.0.1:9")
    #expect(providers["openai"]?["secret"] == "OPENAI_API_KEY")
    service.server["o"] = .whole(body: ModelService.chat("hello"))
    #expect(try await service.ask(["prompt": "x", "model": "openai"])["content"] == "hello")
    #expect(service.server.requests.last?.line == "POST /o/v1/chat/completions HTTP/1.1")
  }

  @Test func `what cannot be followed is said`() async throws {
    let service = try await ModelService(
      "{}",
      environment: ["PLANNER_PROVIDER": "openai", "SMALL_MODEL_BACKEND": "transformers", "WORKER_MODEL": "phi3"]
    )
    let (_, _, notes) = try await list(service)
    #expect(notes.contains { $0.contains("PLANNER_PROVIDER is 'openai'") })
    #expect(notes.contains { $0.contains("'transformers'") && $0.contains("vLLM") })
  }

  @Test func `Azure's classic address has deployment, version and its own header`() async throws {
    let service = try await ModelService(
      "{}",
      environment: [
        "AZURE_OPENAI_API_KEY": "azure-key-0123456789", "AZURE_OPENAI_ENDPOINT": "URL/az/",
        "OPENAI_API_VERSION": "2024-10-21", "AZURE_OPENAI_DEPLOYMENT": "my gpt",
      ]
    )
    service.server["az"] = .whole(body: ModelService.chat("hello"))
    #expect(try await service.ask(["prompt": "x", "model": "azure-openai"])["content"] == "hello")
    let request = try #require(service.server.requests.last)
    #expect(request.line == "POST /az/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21 HTTP/1.1")
    #expect(request.headers["api-key"] == "azure-key-0123456789" && request.headers["authorization"] == nil)
  }

  @Test func `a service principal's token is had once, kept, and replaced when it is refused`() async throws {
    let service = try await ModelService(
      "{entra_authority: \"URL/login\", providers: {az: {kind: azure-openai, endpoint: \"URL/az\", api_version: v1, auth: entra, attempts: 1}}}",
      environment: ["AZURE_TENANT_ID": "t1", "AZURE_CLIENT_ID": "c1", "AZURE_CLIENT_SECRET": "s3cret-0123456789"]
    )
    let token = #"{"token_type":"Bearer","expires_in":9223372036854775807,"access_token":"entra-token-"#
    service.server["login"] = .sequence([.whole(body: token + #"1"}"#), .whole(body: token + #"2"}"#)])
    service.server["az"] = .whole(body: ModelService.chat("hello"))
    for _ in 0..<3 { #expect(try await service.ask(["prompt": "x", "model": "az"])["content"] == "hello") }
    let logins = service.server.requests.filter { $0.line.contains("/login/") }
    #expect(logins.count == 1 && logins[0].line.hasPrefix("POST /login/t1/oauth2/v2.0/token"))
    #expect(
      logins[0].body.contains("client_secret=s3cret-0123456789")
        && logins[0].body.contains("scope=https%3A%2F%2Fai.azure.com")
    )
    #expect(service.server.requests.last?.headers["authorization"] == "Bearer entra-token-1")
    #expect(service.server.requests.last?.line.hasPrefix("POST /az/openai/v1/chat/completions ") == true)
    service.server["az"] = .whole(status: 401, body: #"{"error":{"message":"expired"}}"#)
    #expect(await service.failure(["prompt": "x", "model": "az"])?.data["reason"] == "unauthorized")
    service.server["az"] = .whole(body: ModelService.chat("hello again"))
    #expect(try await service.ask(["prompt": "x", "model": "az"])["content"] == "hello again")
    #expect(service.server.requests.last?.headers["authorization"] == "Bearer entra-token-2")
    #expect(!service.log.contains("entra-token") && !service.log.contains("s3cret"))
  }
}
