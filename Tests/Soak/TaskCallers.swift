import FastVerify
import Synchronization

/// Callers that are tasks: they ask a pool and wait, are cancelled at times, or hand over whole streams.
enum TaskCallers {
    static func single(_ world: World, _ part: Int) async {
        let caller = Caller(world, part)
        while world.goesOn {
            caller.look()
            let reign = caller.reign
            for _ in 0..<64 where world.goesOn {
                let token = caller.pick()
                let (limit, deadline) = Deadlines.draw(&caller.random)
                let onPool = caller.random.isOne(in: 8)
                let isCancelled = caller.random.isOne(in: 25)
                let asBytes = caller.random.isOne(in: 3)
                reign.asked.add(1, ordering: .relaxed)
                let (begin, time) = (world.stamps.next(), world.now)
                var verdict: VerifierPool.Verdict
                if onPool || isCancelled {
                    let preference: (any TaskExecutor)? = onPool ? reign.pool : nil
                    let task = Task(executorPreference: preference) { await ask(reign.pool, token, limit, asBytes) }
                    if isCancelled { task.cancel() }
                    verdict = await task.value
                } else {
                    verdict = await ask(reign.pool, token, limit, asBytes)
                }
                var seen = Caller.observation(
                    token, onPool ? .poolTask : .poolAsync, begin, time, verdict, world)
                reign.answered.add(1, ordering: .relaxed)
                seen.reign = reign
                seen.deadline = deadline
                seen.isCancelled = isCancelled
                caller.notes.add(seen)
                // Somewhere else, or later.
                if seen.failure == .shutDown, caller.random.isOne(in: 3) { break }
                if seen.failure == .overloaded { try? await Task.sleep(for: .milliseconds(caller.random.below(4))) }
            }
        }
        caller.notes.close()
    }

    private static func ask(
        _ pool: VerifierPool, _ token: IssuedToken, _ deadline: ContinuousClock.Instant?, _ asBytes: Bool
    ) async -> VerifierPool.Verdict {
        do throws(VerifierPool.Failure) {
            return .success(
                asBytes
                    ? try await pool.verify(Array(token.text.utf8), deadline: deadline)
                    : try await pool.verify(token.text, deadline: deadline))
        } catch {
            return .failure(error)
        }
    }

    // MARK: Streams

    /// Tokens, and the stamps of when they were asked for.
    private final class Source: AsyncSequence, Sendable {
        typealias Element = String

        let tokens: [IssuedToken]
        let world: World
        let begins = Guarded<[(stamp: Int, time: Int64)]>([])

        init(_ tokens: [IssuedToken], _ world: World) {
            self.tokens = tokens
            self.world = world
        }

        struct AsyncIterator: AsyncIteratorProtocol {
            let source: Source
            var place = 0

            mutating func next() async -> String? {
                guard place < source.tokens.count else { return nil }
                defer { place += 1 }
                let begin = (source.world.stamps.next(), source.world.now)
                source.begins.withLock { $0.append(begin) }
                return source.tokens[place].text
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: self) }
    }

    static func streams(_ world: World, _ part: Int) async {
        let caller = Caller(world, part)
        while world.goesOn {
            caller.look()
            let (pool, reign) = (caller.reign.pool, caller.reign)
            let source = Source((0..<1 + caller.random.below(300)).map { _ in caller.pick() }, world)
            let stream = pool.verdicts(on: source, window: [1, 8, 64, 512][caller.random.below(4)])
            let last = caller.random.isOne(in: 5) ? caller.random.below(100) : Int.max
            // Of one that may end early nobody knows how many tokens the pool has looked at.
            let isWhole = last == .max && !caller.random.isOne(in: 10)
            if isWhole {
                reign.asked.add(source.tokens.count, ordering: .relaxed)
            } else {
                reign.surplus.add(source.tokens.count, ordering: .relaxed)
            }
            let reading = Task { [form = Observation.Form.stream] in
                var seen: [Observation] = []
                for try await verdict in stream {
                    let begin = source.begins.withLock { $0[seen.count] }
                    var one = Caller.observation(
                        source.tokens[seen.count], form, begin.stamp, begin.time, verdict, world)
                    one.reign = reign
                    seen.append(one)
                    if seen.count == last { break }
                }
                return seen
            }
            if !isWhole, last == .max {
                await Task.yield()
                reading.cancel()
            }
            let seen = (try? await reading.value) ?? []
            if isWhole {
                reign.answered.add(source.tokens.count, ordering: .relaxed)
                if seen.count != source.tokens.count {
                    world.fail("lost: \(seen.count) verdicts on a stream of \(source.tokens.count)")
                }
            }
            caller.notes.count(isWhole ? "streams read to their end" : "streams given up")
            for seen in seen { caller.notes.add(seen) }
        }
        caller.notes.close()
    }
}
