internal import FastVerifyAccess
internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Finds the addresses of a host name, in the order in which they should be tried.
struct HostResolver: Sendable {
    let addresses: @Sendable (_ host: String) async throws(FetchError) -> [IPAddress]

    /// The system's resolver, with its order (RFC 6724).
    static let system = HostResolver(blocking: look)

    init(_ addresses: @escaping @Sendable (_ host: String) async throws(FetchError) -> [IPAddress]) {
        self.addresses = addresses
    }

    /// A resolver that blocks has a thread of NIO's pool for itself. A task that is cancelled does not wait for it: that
    /// thread ends by itself, within the resolver's own time limits.
    init(blocking look: @escaping @Sendable (_ host: String) throws(FetchError) -> [IPAddress]) {
        addresses = { host throws(FetchError) in
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            let found = loop.makePromise(of: [IPAddress].self)
            NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try look(host) }.cascade(to: found)
            do {
                return try await withTaskCancellationHandler {
                    try await found.futureResult.get()
                } onCancel: {
                    // Of two results a promise takes the first.
                    found.fail(FetchError.cancelled)
                }
            } catch {
                throw error as? FetchError ?? .unresolved
            }
        }
    }

    private static func look(up host: String) throws(FetchError) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = Int32(SOCK_STREAM)
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let list else { throw .unresolved }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        for entry in sequence(first: list, next: { $0.pointee.ai_next }) {
            guard let address = address(entry.pointee.ai_addr, entry.pointee.ai_family), !found.contains(address)
            else { continue }
            found.append(address)
        }
        guard !found.isEmpty else { throw .unresolved }
        return found
    }

    private static func address(_ socket: UnsafeMutablePointer<sockaddr>?, _ family: Int32) -> IPAddress? {
        guard let socket = UnsafeRawPointer(socket) else { return nil }
        switch family {
        case AF_INET:
            let address = socket.loadUnaligned(as: sockaddr_in.self).sin_addr
            return withUnsafeBytes(of: address) { IPAddress(Array($0)) }
        case AF_INET6:
            let address = socket.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return withUnsafeBytes(of: address) { IPAddress(Array($0)) }
        default: return nil
        }
    }
}
