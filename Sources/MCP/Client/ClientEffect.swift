package import JSON

/// What a session wants done, in order.
package enum ClientEffect: Sendable, Equatable {
  // For the transport.
  case send(OutgoingMessage)
  case abandon(MessageID)
  case openStream
  case close

  // For the owner.
  /// Also when a session that was lost is open anew.
  case ready(ServerIntroduction)
  case answered(CallID, Result<ClientReply, ClientFailure>)
  case progress(CallID, ServerProgress)
  case log(ServerLog)
  case changed(ListKind)
  /// To be answered with `answer`. The call is the one that it belongs to; nil: the server does not say which.
  case ask(QuestionID, Question, CallID?)
  /// Nobody waits for that answer any more.
  case withdrawn(QuestionID)
  /// The session is of no more use; every call has been answered before.
  case failed(ClientFailure)
}

package enum ListKind: String, Sendable, CaseIterable {
  case tools, resources, prompts
}

/// How far a call is.
package struct ServerProgress: Sendable, Equatable {
  package var progress: Double
  package var total: Double?
  package var message: String?
}

/// A line of the server's log.
package struct ServerLog: Sendable, Equatable {
  package var level: LogLevel
  package var logger: String?
  package var data: JSON
  /// The call on whose answer it came; nil: not known.
  package var call: CallID?
}

/// What is said to a question.
package enum QuestionAnswer: Sendable, Equatable {
  case elicited(Elicitation.Answer)
  case sampled(SamplingAnswer)
  case roots([Root])
  /// Not done; the text is for the server.
  case refused(String)
}

/// Why a request, or the session, came to nothing.
package struct ClientFailure: Error, Sendable, Equatable {
  package enum Code: Sendable, Hashable {
    /// The server's own error.
    case server(RPCError.Code)
    case transport(TransportFailure.Kind)
    /// No answer in time.
    case timedOut
    case cancelled
    /// The server lacks what the request needs, by its own account.
    case noCapability
    /// The server has no version that we, or the entry, have.
    case noCommonVersion
    /// An answer that is not of its shape.
    case badAnswer
    /// More requests wait than may.
    case tooManyCalls
    /// A call that asks for input again and again, or for what we cannot give.
    case tooMuchInput
    case inputRefused
    /// The session ended before.
    case closed
  }

  package var code: Code
  package var message: String
  /// `data` of the server's error.
  package var data: JSON?

  package init(_ code: Code, _ message: String, data: JSON? = nil) {
    self.code = code
    self.message = message
    self.data = data
  }
}

/// What a server sent that was of no use.
package struct ClientCounters: Sendable, Equatable {
  /// No message, or none of its shape.
  package var malformed = 0
  /// Answers to what was never asked.
  package var unknownIDs = 0
  /// Answers to what was answered, cancelled or timed out before.
  package var lateAnswers = 0
  /// Notifications and requests that we do not know, or that do not belong here.
  package var strays = 0

  package init() {}
}
