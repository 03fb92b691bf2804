#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A value and the lock under which it is touched, for work that may take longer than a `SpinLock` should be held: who finds
/// it taken sleeps. Not recursive.
///
/// Not `Mutex`: its waiting happens inside the library, where thread sanitizer does not see it. It knows this one, and so
/// sees a race wherever the value is touched without the lock.
package struct WaitingLock<Value: ~Copyable & Sendable>: ~Copyable, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

    package init(_ initial: consuming Value) {
        // Fails only where attributes ask for more than the system has, and there are none.
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "no mutex")
        value.initialize(to: initial)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    @inline(__always)
    package borrowing func withLock<T: ~Copyable, E: Error>(_ body: (inout Value) throws(E) -> T) throws(E) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}
