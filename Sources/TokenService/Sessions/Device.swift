internal import FastVerify

/// Where a request for tokens comes from.
public struct Device: Sendable, Hashable {
    /// What the client says about itself that stays the same: a fingerprint of its own making, or its `User-Agent`.
    public var fingerprint: String
    /// IPv4 or IPv6 as text.
    public var address: String
    /// For the list of sessions.
    public var label: String

    public init(fingerprint: String, address: String, label: String = "") {
        self.fingerprint = fingerprint
        self.address = address
        self.label = String(label.prefix(200))
    }

    /// What is kept of the fingerprint.
    var digest: String { Base64URL.encode(Array(SHA256Digest(of: Array(fingerprint.utf8)).bytes.prefix(16))) }

    /// The network: /16 of IPv4, /32 of IPv6, what one provider usually has; whole where it is no address.
    var addressClass: String {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) { return "\(parts[0]).\(parts[1])." }
        guard address.contains(":") else { return address }
        // An address of IPv4 in IPv6 (RFC 4291 §2.5.5.2).
        if let last = address.split(separator: ":").last, last.contains(".") {
            return Device(fingerprint: "", address: String(last)).addressClass
        }
        // Left of `::` at most two groups are of interest; what is missing is zero.
        let left = address.prefix { $0 != "%" }.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [String] = []
        for group in left.prefix(2) {
            if group.isEmpty { break }
            groups.append(String(UInt16(group, radix: 16) ?? 0, radix: 16))
        }
        while groups.count < 2 { groups.append("0") }
        return groups.joined(separator: ":") + ":"
    }
}

/// What becomes of a session whose refresh token comes from elsewhere.
public struct DevicePolicy: Sendable, Hashable {
    public enum Response: String, Sendable { case ignore, record, endSession = "end_session" }

    /// Another device.
    public var fingerprintChange: Response
    /// The same device in another network; phones do that all day.
    public var addressChange: Response

    public init(fingerprintChange: Response = .endSession, addressChange: Response = .record) {
        self.fingerprintChange = fingerprintChange
        self.addressChange = addressChange
    }
}
