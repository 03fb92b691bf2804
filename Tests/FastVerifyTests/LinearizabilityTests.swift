// What is taken back is taken back: a call that begins after `apply` or `replace` has returned accepts nothing of it, on no
// path; and until `apply` or `replace` is called, no call refuses for it. Histories of many threads, each stamped from one
// counter when it begins and when it ends, are checked after the run: no clock and no sleep decides.
import Synchronization
import Testing

@testable import FastVerify

@Suite struct LinearizabilityTests {
    /// The ways a token can be asked about.
    enum Path: CaseIterable, Sendable {
        case direct, batch, poolAsync, poolCompletion, poolTask, stream, lease
    }

    enum TakeBack: CaseIterable, Sendable { case token, subject, session, tenant, epoch, keys }

    private struct Call: Sendable {
        let path: Path
        let token: Int
        let begin: Int
        let end: Int
        let isAccepted: Bool
    }

    /// What happened, and when by the one counter.
    private final class History: Sendable {
        private let stamps = Atomic<Int>(0)
        private let calls = WaitingLock<[Call]>([])
        private let takings = WaitingLock<[Int: (begin: Int, end: Int)]>([:])
        let isDone = Atomic<Bool>(false)
        let count = Atomic<Int>(0)

        func stamp() -> Int { stamps.add(1, ordering: .sequentiallyConsistent).newValue }

        func add(_ new: [Call]) {
            calls.withLock { $0 += new }
            count.add(new.count, ordering: .relaxed)
        }

        func takeBack(_ token: Int, _ body: () throws -> Void) rethrows {
            let begin = stamp()
            try body()
            let end = stamp()
            takings.withLock { $0[token] = (begin, end) }
        }

        /// Calls whose verdict was right at no moment between their begin and their end.
        var violations: [String] {
            let takings = takings.withLock { $0 }
            return calls.withLock { $0 }.compactMap { call in
                let taking = takings[call.token] ?? (.max, .max)
                let isRight = call.isAccepted ? call.begin < taking.end : call.end > taking.begin
                return isRight ? nil : "\(call), taken back \(taking)"
            }
        }
    }

    private static let count = 24

    private struct Scene {
        let verifier: Verifier
        let tokens: [String]
        let leases: LeaseBook
        let takeBack: @Sendable (Int) throws -> Void

        init(_ kind: TakeBack, withCache: Bool) throws {
            let names = (0..<LinearizabilityTests.count).map { "n-\($0)" }
            let keys = try names.map { name in
                try SigningKey(
                    secret: Array("secret of 32 bytes and more of \(name)".utf8), keyID: name, algorithm: .hs256)
            }
            let set = try keys.map { try JWK($0.verificationKey, keyID: $0.keyID, algorithm: .hs256) }
            let source = KeySource(KeySet(set))
            let revocation = RevocationSet(capacity: 1000, staleness: .failOpen, clock: .fixed(Fixture.now))
            let first = Fixture.now - 100
            tokens = names.indices.map { number in
                let name = names[number]
                let claims =
                    #"{"iss":"\#(Fixture.issuer)","aud":"\#(Fixture.audience)","exp":\#(Fixture.now + 900),"#
                    + #""iat":\#(first + Int64(number)),"jti":"\#(name)","sub":"\#(name)","sid":"\#(name)","tenant":"\#(name)"}"#
                return keys[number].token(payload: Array(claims.utf8))!
            }
            verifier = Verifier(
                Fixture.policy(), keys: source, clock: .fixed(Fixture.now),
                cache: withCache ? TokenCache(bytes: 1 << 20) : nil, revocation: revocation)
            leases = LeaseBook(revocation: revocation, interval: .seconds(100_000), clock: .fixed(Fixture.now))
            takeBack = { number in
                let name = names[number]
                let target: RevocationEvent.Target
                switch kind {
                case .token: target = .token(id: name)
                case .subject: target = .subject(name, issuedBefore: Fixture.now)
                case .session: target = .session(name, issuedBefore: Fixture.now)
                case .tenant: target = .tenant(name, issuedBefore: Fixture.now)
                // With each second a token falls under it.
                case .epoch: target = .everything(issuedBefore: first + Int64(number) + 1)
                case .keys: return source.replace(with: KeySet(Array(set[(number + 1)...])))
                }
                try revocation.apply(
                    RevocationEvent(issuer: Fixture.issuer, target, expiration: Fixture.now + 900))
            }
        }
    }

    /// Whether each of some tokens is accepted, asked in one way.
    private static func ask(
        _ path: Path, _ picks: [Int], _ scene: Scene, _ pool: VerifierPool, _ verified: [VerifiedToken]
    ) async throws -> [Bool] {
        let tokens = picks.map { scene.tokens[$0] }
        switch path {
        case .direct: return tokens.map { (try? scene.verifier.verify($0)) != nil }
        case .batch: return scene.verifier.verify(batch: tokens).map { $0.failure == nil }
        case .poolAsync:
            var verdicts: [Bool] = []
            for token in tokens { verdicts.append(await pool.verdict(token).failure == nil) }
            return verdicts
        case .poolCompletion:
            return await withUnsafeContinuation { continuation in
                let answers = Answers(tokens.count, continuation)
                for (place, token) in tokens.enumerated() {
                    pool.verify(token) { answers.add(place, $0.failure == nil) }
                }
            }
        case .poolTask:
            return await Task(executorPreference: pool) {
                var verdicts: [Bool] = []
                for token in tokens { verdicts.append(await pool.verdict(token).failure == nil) }
                return verdicts
            }.value
        case .stream:
            var verdicts: [Bool] = []
            let stream = VerdictStreamTests.Tokens(rows: tokens, read: Tally())
            for try await verdict in pool.verdicts(on: stream, window: 8) { verdicts.append(verdict.failure == nil) }
            return verdicts
        case .lease:
            return picks.map { pick in
                guard let lease = try? scene.leases.lease(verified[pick], onEnd: { _ in }) else { return false }
                lease.giveUp()
                return true
            }
        }
    }

    /// Gathers the answers to some calls.
    private final class Answers: Sendable {
        private let verdicts = WaitingLock<[Int: Bool]>([:])
        private let count: Int
        private let continuation: UnsafeContinuation<[Bool], Never>

        init(_ count: Int, _ continuation: UnsafeContinuation<[Bool], Never>) {
            self.count = count
            self.continuation = continuation
        }

        func add(_ place: Int, _ isAccepted: Bool) {
            let all = verdicts.withLock { verdicts -> [Bool]? in
                verdicts[place] = isAccepted
                return verdicts.count == count ? (0..<count).map { verdicts[$0]! } : nil
            }
            if let all { continuation.resume(returning: all) }
        }
    }

    @Test(arguments: TakeBack.allCases, [true, false])
    func whatIsTakenBackIsAcceptedByNoLaterCall(_ kind: TakeBack, withCache: Bool) async throws {
        let scene = try Scene(kind, withCache: withCache)
        let pool = VerifierPool(scene.verifier, options: .init(workers: 2))
        let verified = try scene.tokens.map { try scene.verifier.verify($0) }
        let open = try verified.map { try scene.leases.lease($0) { _ in } }
        // A lease does not ask for keys.
        let paths = Path.allCases.filter { kind != .keys || $0 != .lease }
        let history = History()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for path in paths {
                group.addTask {
                    var turn = 0
                    while !history.isDone.load(ordering: .acquiring) {
                        turn += 1
                        let picks = (0..<3).map { (turn * 7 + $0 * 11) % Self.count }
                        let begin = history.stamp()
                        let verdicts = try await Self.ask(path, picks, scene, pool, verified)
                        let end = history.stamp()
                        history.add(
                            zip(picks, verdicts).map {
                                Call(path: path, token: $0, begin: begin, end: end, isAccepted: $1)
                            })
                        // There may be fewer threads than tasks.
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                defer { history.isDone.store(true, ordering: .releasing) }
                for token in 0..<Self.count {
                    let seen = history.count.load(ordering: .relaxed)
                    while history.count.load(ordering: .relaxed) < seen + 15 { await Task.yield() }
                    try history.takeBack(token) { try scene.takeBack(token) }
                    scene.leases.check()
                    if kind != .keys, open[token].isActive { Issue.record("lease \(token) outlived its token") }
                }
            }
            try await group.waitForAll()
        }
        #expect(history.violations.isEmpty)
        // The end is no race.
        for path in paths {
            let last = try await Self.ask(path, Array(0..<Self.count), scene, pool, verified)
            #expect(last.allSatisfy { !$0 }, "\(path)")
        }
        await pool.shutDown()
    }

    /// A token that comes while a worker forms its batch, after keys have been replaced: the worker has seen the old ones.
    /// The first token of the batch has a kid that nobody knows, and whoever hears of it replaces the keys and asks at once.
    @Test(arguments: [true, false]) func keysThatAreReplacedWhileABatchIsFormed(withCache: Bool) async throws {
        final class Replacement: Sendable {
            let body = WaitingLock<(@Sendable () -> Void)?>(nil)
        }
        let replacement = Replacement()
        let source = KeySource(Fixture.keySet) { _ in
            replacement.body.withLock { body -> (@Sendable () -> Void)? in
                defer { body = nil }
                return body
            }?()
        }
        let verifier = Verifier(
            Fixture.policy(), keys: source, clock: .fixed(Fixture.now),
            cache: withCache ? TokenCache(bytes: 1 << 20) : nil)
        let token = Fixture.token(.hs256)
        #expect(try verifier.verify(token).subject == "user-1")
        let pool = VerifierPool(verifier, options: .init(workers: 1))
        let answers = VerifierPoolTests.Answers()
        replacement.body.withLock {
            $0 = {
                source.replace(with: KeySet([]))
                pool.verify(token) { answers.add(1, $0) }
            }
        }
        pool.verify(Fixture.token(header: #"{"alg":"HS256","kid":"none"}"#, .hs256)) { answers.add(0, $0) }
        while answers.numbers.count < 2 { await Task.yield() }
        #expect(answers.numbers.sorted() == [0, 1])
        #expect(answers.failures.allSatisfy { $0 == .refused(.keyNotFound) })
    }
}
