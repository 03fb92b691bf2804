internal import FastVerify
internal import FastVerifyAccess
internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// What authenticator, guards and limits of one API share.
final class Protection: Sendable {
    let policy: AccessPolicy
    let clock: UnixClock
    let recorder: AccessRecorder
    private let logLevel: Logger.Level

    init(_ policy: AccessPolicy, _ clock: UnixClock, _ recorder: AccessRecorder, _ logLevel: Logger.Level) {
        self.policy = policy
        self.clock = clock
        self.recorder = recorder
        self.logLevel = logLevel
    }

    /// The answer to a refused request. The reason goes to log and metrics, and stays there.
    func response<Identity>(
        to refusal: Refusal, _ access: RequestAccess<Identity>, _ logger: Logger
    ) -> Response {
        recorder.refused(refusal)
        let answer = policy.space.response(to: refusal, presenting: access.scheme)
        logger.log(
            level: logLevel, "Request refused",
            metadata: ["reason": "\(refusal.reason)", "status": "\(answer.status.code)"])
        return Response(answer)
    }

    /// The address that a request without a name is counted by. Peers without one share a name.
    func address<Identity>(of request: HTTPRequest, _ access: RequestAccess<Identity>) -> String {
        policy.ingress.clientAddress(of: request, from: ConnectionPeer(addressOf: access.channel)) ?? "unknown"
    }
}

extension Response {
    /// Adds fields, each as one more line: answers may have nonces and limits of several parts of an application.
    func adding(_ fields: HTTPFields) -> Response {
        guard !fields.isEmpty else { return self }
        var response = self
        response.headers += fields
        return response
    }
}
