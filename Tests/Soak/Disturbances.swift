import FastVerify
import Foundation
import Synchronization

/// Threads that change what the callers' verdicts depend on.
enum Disturbances {
    private static func pause(_ random: inout Random, upTo milliseconds: Int) {
        usleep(UInt32(200 + random.below(milliseconds * 1000)))
    }

    /// Seconds pass as they do, and tokens are replaced: those that have been dead for some seconds, and some at random.
    static func time(_ world: World, _ part: Int) {
        var mint = Mint(world, part: part)
        var random = Random(world.seed, part)
        let start = ContinuousClock.now
        var seconds: Int64 = 0
        var place = 0
        var hostile = 0
        while world.goesOn {
            let passed = Int64((ContinuousClock.now - start).components.seconds)
            if passed > seconds {
                world.advance(passed - seconds)
                seconds = passed
            }
            var fresh: [Int: IssuedToken] = [:]
            let corpus = world.corpus.withLock { $0 }
            for _ in 0..<30 {
                place = (place + 1) % corpus.count
                if place % 100 == 0, random.isOne(in: 4) {
                    hostile += 1
                    fresh[place] = mint.hostile(hostile % HostileKind.allCases.count)
                } else if place % 100 != 0, corpus[place].expiration + 4 < world.now || random.isOne(in: 60) {
                    fresh[place] = mint.sound()
                }
            }
            // A new array: the sanitizer does not see by which count Swift knows that nobody reads the old one any more.
            let renewed = corpus.enumerated().map { fresh[$0.offset] ?? $0.element }
            world.corpus.withLock { $0 = renewed }
            world.count("tokens issued", fresh.count)
            pause(&random, upTo: 20)
        }
    }

    static func keys(_ world: World, _ part: Int) {
        var random = Random(world.seed, part)
        while world.goesOn {
            let issuer = world.issuers[random.below(world.issuers.count)]
            let key = issuer.keys[random.below(issuer.keys.count)]
            // Six of seven are published most of the time.
            let isPublished = !key.isPublished.latest
            if isPublished || random.isOne(in: 6) {
                let keys = issuer.keys.filter { $0 === key ? isPublished : $0.isPublished.latest }
                do {
                    let set = try Issuer.set(keys)
                    key.isPublished.change(to: isPublished, world.stamps) { issuer.source.replace(with: set) }
                    world.count(isPublished ? "keys added" : "keys removed")
                } catch {
                    world.fail("a key set was refused: \(error)")
                }
            }
            pause(&random, upTo: 8)
        }
    }

    static func revocations(_ world: World, _ part: Int) {
        var random = Random(world.seed, part)
        while world.goesOn {
            let corpus = world.corpus.withLock { $0 }
            let token = corpus[random.below(corpus.count)]
            let kinds: [Group.Kind] = [.token, .token, .token, .token, .subject, .session, .tenant, .key, .issuer]
            let kind = kinds[random.below(random.isOne(in: 12) ? kinds.count : 4)]
            let group = token.groups.first { $0.kind == kind }!
            let old = group.ban.latest
            // Later than the rule it replaces in both respects, so that the set's rule is this one. It ends after some
            // seconds, which takes the revocation back.
            let before = kind == .token ? Int64.max : world.now + 1 - Int64(random.below(kind == .issuer ? 12 : 6))
            let ban = Ban(
                issuedBefore: max(old.issuedBefore, before),
                until: max(old.until, world.now + 1 + Int64(random.below(kind == .issuer ? 2 : 5))))
            do {
                try group.ban.change(to: ban, world.stamps) {
                    if random.isOne(in: 10) {
                        try world.revocation.apply(lines: Array((group.event(ban).json + "\n").utf8))
                    } else {
                        try world.revocation.apply(group.event(ban))
                    }
                }
                world.count("revocations by \(kind)")
            } catch {
                world.fail("a rule was refused: \(error)")
            }
            if random.isOne(in: 6) { world.leases.check() }
            if random.isOne(in: 200) { _ = world.revocation.snapshot() }
            if random.isOne(in: 20) { world.revocation.dropExpired(lookingAt: 256) }
            pause(&random, upTo: 25)
        }
    }

    static func statuses(_ world: World, _ part: Int) {
        var random = Random(world.seed, part)
        var issuedAt: Int64 = 0
        while world.goesOn {
            let statuses = world.issuers[random.below(world.issuers.count)].statuses
            var values = statuses.values.latest
            for _ in 0..<16 { values[random.below(values.count)] = random.isOne(in: 8) ? 1 : 0 }
            issuedAt += 1
            do {
                let list = try statuses.list(values, issuedAt: issuedAt)
                statuses.values.change(to: values, world.stamps) { _ = world.statusLists.put(list) }
                world.count("status lists replaced")
            } catch {
                world.fail("a status list was refused: \(error)")
            }
            pause(&random, upTo: 60)
        }
    }

    /// Room for some tables, for few, for none.
    static func tables(_ world: World, _ part: Int) {
        var random = Random(world.seed, part)
        while world.goesOn {
            KeyTables.budget = [0, 200 << 10, 600 << 10, 600 << 10, 2 << 20, 64 << 20][random.below(6)]
            world.count("table budgets set")
            pause(&random, upTo: 400)
        }
    }

    static func pools(_ world: World, _ part: Int) async {
        var random = Random(world.seed, part)
        while world.goesOn {
            try? await Task.sleep(for: .milliseconds(500 + random.below(2000)))
            await world.pools.replace(world, &random)
        }
    }
}
