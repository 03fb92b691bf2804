import Dispatch
import Foundation
import Testing

@testable import FastVerify

/// Runs `body` in as many threads at once, and returns when all have ended.
private func withThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let end = DispatchGroup()
    for number in 0..<count {
        end.enter()
        Thread {
            body(number)
            end.leave()
        }.start()
    }
    end.wait()
}

@Suite struct RingTests {
    @Test func firstInFirstOutAndNoMoreThanItsCapacity() {
        let ring = Ring<Int>(capacity: 5)
        #expect(ring.capacity == 8)
        for turn in 0..<20 {
            let start = turn * 8
            for value in start..<start + 8 { #expect(ring.offer(value)) }
            #expect(!ring.offer(-1) && ring.count == 8)
            #expect((0..<8).map { _ in ring.take() } == Array(start..<start + 8))
            #expect(ring.take() == nil && ring.count == 0)
        }
    }

    @Test func leftElementsAreReleased() {
        final class Element: Sendable {}
        weak var left: Element?
        do {
            let ring = Ring<Element>(capacity: 4)
            let element = Element()
            left = element
            _ = ring.offer(element)
        }
        #expect(left == nil)
    }

    @Test func leftRequestsAreReleased() {
        final class Caller: Sendable {}
        weak var left: Caller?
        do {
            let ring = RequestRing(capacity: 4)
            let caller = Caller()
            left = caller
            var answer: PoolAnswer? = PoolAnswer { _ in _ = caller }
            let isTaken = [UInt8](repeating: 1, count: 5000).withUnsafeBytes {
                ring.offer($0, limit: 8192, deadline: 0, &answer)
            }
            #expect(isTaken && ring.count == 1)
        }
        #expect(left == nil)
    }

    /// Producers that get in each other's way are not refused while there is room.
    @Test func aRingWithRoomRefusesNobody() {
        let ring = Ring<Int>(capacity: 8192)
        let refused = Tally()
        withThreads(4) { thread in
            for value in 0..<2048 where !ring.offer(thread * 2048 + value) { refused.add() }
        }
        #expect(refused.count == 0 && ring.count == 8192)
    }

    /// How often each value was taken.
    final class Places: Sendable {
        let counts: WaitingLock<[Int]>
        init(_ count: Int) { counts = WaitingLock([Int](repeating: 0, count: count)) }
    }

    /// Every element is taken exactly once, and those of one producer in their order by any one consumer.
    @Test(arguments: [2, 4, 64]) func manyProducersAndConsumers(_ capacity: Int) {
        let ring = Ring<Int>(capacity: capacity)
        let (producers, consumers, each) = (3, 3, 20_000)
        let taken = Tally()
        let disorder = Tally()
        let seen = Places(producers * each)
        withThreads(producers + consumers) { thread in
            if thread < producers {
                for value in thread * each..<(thread + 1) * each { while !ring.offer(value) { sched_yield() } }
                return
            }
            var own: [Int] = []
            var last = [Int](repeating: -1, count: producers)
            while taken.count < producers * each {
                guard let value = ring.take() else {
                    sched_yield()
                    continue
                }
                if value <= last[value / each] { disorder.add() }
                last[value / each] = value
                own.append(value)
                taken.add()
            }
            seen.counts.withLock { for value in own { $0[value] += 1 } }
        }
        #expect(seen.counts.withLock { $0.allSatisfy { $0 == 1 } })
        #expect(disorder.count == 0)
    }
}
