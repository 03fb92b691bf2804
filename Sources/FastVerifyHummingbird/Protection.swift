internal import FastVerify
internal import FastVerifyAccess
internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// What authenticator and guards of one API share.
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
    func response(to refusal: Refusal, _ scheme: CredentialScheme?, _ logger: Logger) -> Response {
        recorder.refused(refusal)
        let answer = policy.space.response(to: refusal, presenting: scheme)
        logger.log(
            level: logLevel, "Request refused",
            metadata: ["reason": "\(refusal.reason)", "status": "\(answer.status.code)"])
        return Response(answer)
    }
}
