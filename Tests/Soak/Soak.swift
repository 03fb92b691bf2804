import Dispatch
import FastVerify
import Foundation
import Synchronization

/// Everything at once, for minutes, and every verdict held against what is known of its token:
///
///     fastverify-soak [seconds] [seed]
///
/// Exits with 1 if an answer was wrong or missing, counters do not add up, or memory has grown. The seed fixes keys' names,
/// tokens and all choices; who comes when is the scheduler's. Built with `--sanitize=thread` it is what `make test-soak` runs.
@main enum Soak {
    /// KiB that may be added between the second quarter of the run and the last. Under thread sanitizer, whose own records
    /// grow with what it has seen, growth is printed and not judged.
    private static let allowedInUse = 4 << 10
    private static let allowedResident = 48 << 10
    private static let corpusSize = 1500
    private static let isSanitized = dlsym(nil, "__tsan_init") != nil

    static func main() async throws {
        let arguments = CommandLine.arguments
        let seconds = arguments.count > 1 ? Int(arguments[1]) : 600
        let seed = arguments.count > 2 ? UInt64(arguments[2]) : UInt64.random(in: 0...0xffff_ffff)
        guard let seconds, let seed, arguments.count <= 3 else {
            print("fastverify-soak [seconds] [seed]")
            exit(64)
        }
        print("fastverify-soak \(seconds) \(seed)\(isSanitized ? ", under thread sanitizer" : "")")
        let world = try World(seed: seed)
        var mint = Mint(world, part: 0)
        let corpus = (0..<corpusSize).map {
            $0 % 100 == 0 ? mint.hostile($0 / 100 % HostileKind.allCases.count) : mint.sound()
        }
        world.corpus.withLock { $0 = corpus }
        for issuer in world.issuers {
            world.statusLists.put(try issuer.statuses.list(issuer.statuses.values.latest, issuedAt: 0))
        }
        let memory = ResidentMemory()
        let holders = (0..<2).map { LeaseHolder(world, 200 + $0) }
        let threads = DispatchGroup()
        run(threads, world, memory, holders)
        await withTaskGroup { group in
            for part in 0..<24 { group.addTask { await TaskCallers.single(world, 300 + part) } }
            for part in 0..<4 { group.addTask { await TaskCallers.streams(world, 400 + part) } }
            group.addTask { await Disturbances.pools(world, 500) }
            group.addTask {
                // Second by second: a process that is stopped for a while makes up for it.
                for _ in 0..<seconds where world.goesOn { try? await Task.sleep(for: .seconds(1)) }
                world.isOver.store(true, ordering: .relaxed)
            }
        }
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { @Sendable in continuation.resume() }
        }
        await world.pools.end(world.pools.current, .drain, world)
        world.advance(100_000)
        world.leases.check()
        for holder in holders { holder.close() }
        if world.leases.count != 0 { world.fail("\(world.leases.count) leases outlived everything") }
        exit(report(world, memory) ? 0 : 1)
    }

    private static func run(
        _ threads: DispatchGroup, _ world: World, _ memory: ResidentMemory, _ holders: [LeaseHolder]
    ) {
        func start(_ body: @escaping @Sendable () -> Void) {
            threads.enter()
            Thread {
                body()
                threads.leave()
            }.start()
        }
        start { Disturbances.time(world, 1) }
        start { Disturbances.keys(world, 2) }
        start { Disturbances.revocations(world, 3) }
        start { Disturbances.statuses(world, 4) }
        start { Disturbances.tables(world, 5) }
        start { memory.sample(world) }
        for part in 0..<2 {
            start { ThreadCallers.direct(world, 10 + part) }
            start { ThreadCallers.batches(world, 20 + part) }
            start { ThreadCallers.completions(world, 30 + part) }
        }
        for holder in holders {
            nonisolated(unsafe) let holder = holder
            start { holder.run() }
        }
    }

    private static func report(_ world: World, _ memory: ResidentMemory) -> Bool {
        let cache = world.cache.statistics
        let tables = KeyTables.counters
        let rules = world.revocation.statistics
        world.add([
            "cache: hits": Int(cache.hits), "cache: misses": Int(cache.misses),
            "cache: evictions": Int(cache.evictions), "tables: builds": Int(tables.smallTableBuilds),
            "tables: evictions": Int(tables.evictions), "tables: builds given up": Int(tables.failedBuilds),
            "tables: uses": Int(tables.smallTableUses),
            "revocation rules dropped": Int(rules.dropped), "revocation rules held at the end": rules.count,
        ])
        for (what, count) in world.tally.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            print("  \(what): \(count)")
        }
        for (name, part, allowed) in [
            ("resident memory", \ResidentMemory.Sample.resident, allowedResident),
            ("heap in use", \.inUse, allowedInUse),
        ] {
            let growth = memory.growth { $0[keyPath: part] }
            print("  \(name): MiB by tenths of the run \(memory.tenths { $0[keyPath: part] }); growth \(growth) KiB")
            if !isSanitized, growth > allowed { world.fail("\(name) grew by \(growth) KiB") }
        }
        let failures = world.failures.withLock { $0 }
        for failure in failures { print("WRONG: \(failure)") }
        print(failures.isEmpty ? "every verdict right, none lost" : "to repeat: fastverify-soak 600 \(world.seed)")
        return failures.isEmpty
    }
}
