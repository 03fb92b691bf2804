internal import FastVerify
public import Logging
public import ServiceLifecycle
public import TokenService

/// Keeps an issuer going: keys follow each other in time, and what other instances have announced is taken over at once; what nobody needs any
/// more is forgotten.
public struct IssuerMaintenance: Service {
    private let issuer: TokenIssuer
    private let logger: Logger

    public init(_ issuer: TokenIssuer, logger: Logger = Logger(label: "TokenService")) {
        self.issuer = issuer
        self.logger = logger
    }

    /// Until the task is cancelled or the service group shuts down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in issuer.announcements { await refresh() } }
                group.addTask {
                    // No longer than a minute, so that a clock that was set is noticed.
                    while !Task.isCancelled {
                        try? await Task.sleep(for: .seconds(min(60, issuer.keys.pause)))
                        await refresh()
                        await prune()
                    }
                }
                await group.waitForAll()
            }
        }
    }

    private func refresh() async {
        do {
            try await issuer.keys.refresh()
        } catch is CancellationError {
        } catch {
            // The keys in memory go on.
            logger.error("Keys were not refreshed", metadata: ["error": "\(error)"])
        }
    }

    private func prune() async {
        do {
            try await issuer.prune()
        } catch is CancellationError {
        } catch {
            logger.error("Nothing was forgotten", metadata: ["error": "\(error)"])
        }
    }
}
