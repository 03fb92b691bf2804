internal import FastVerify
internal import NIOCore

/// The gates of all event loops.
final class GateLoops: Sendable {
    private let gates: WaitingLock<[ObjectIdentifier: NIOLoopBound<GateLoop>]> = WaitingLock([:])
    private let eventLoops: [any EventLoop]
    private let gateway: SharedGate

    init(_ group: any EventLoopGroup, _ gateway: SharedGate) {
        self.gateway = gateway
        eventLoops = Array(group.makeIterator())
    }

    /// Makes the gates, and wakes each often enough for its shortest time.
    func start() async throws {
        let shortest = min(gateway.headTime, gateway.idleTime)
        let interval = min(max(.milliseconds(10), TimeAmount.nanoseconds(shortest.nanoseconds / 4)), .seconds(1))
        for eventLoop in eventLoops {
            try await eventLoop.submit {
                let gate = NIOLoopBound(GateLoop(eventLoop, self.gateway, self), eventLoop: eventLoop)
                self.gates.withLock { $0[ObjectIdentifier(eventLoop)] = gate }
                eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in gate.value.sweep() }
            }.get()
        }
    }

    /// The gate of a loop, on that loop.
    func gate(on eventLoop: any EventLoop) -> GateLoop? {
        gates.withLock { $0[ObjectIdentifier(eventLoop)] }?.value
    }

    private var all: [(any EventLoop, NIOLoopBound<GateLoop>)] {
        gates.withLock { gates in eventLoops.compactMap { loop in gates[ObjectIdentifier(loop)].map { (loop, $0) } } }
    }

    /// Puts rules in force on every loop. Returns when none decides by the old ones any more.
    func install(_ rules: GatewayRules) async throws {
        for (loop, gate) in all { try await loop.submit { gate.value.install(rules) }.get() }
    }

    func drain() async throws {
        for (loop, gate) in all { try await loop.submit { gate.value.drain() }.get() }
    }

    /// What all loops have counted.
    func counts(on eventLoop: any EventLoop) -> EventLoopFuture<GateCounts> {
        let parts = all.map { loop, gate in loop.submit { gate.value.counts } }
        return EventLoopFuture.reduce(into: GateCounts(), parts, on: eventLoop) { $0 += $1 }
    }
}
