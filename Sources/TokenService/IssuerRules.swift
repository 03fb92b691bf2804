public import FastVerify

/// What an issuer promises about its tokens. Times in seconds.
public struct IssuerRules: Sendable, Hashable {
    /// `iss`, a URL without query and fragment (RFC 8414 §2).
    public var issuer: String
    /// `aud` of access tokens for users.
    public var audience: String
    public var algorithm: Algorithm
    public var accessLifetime: Int64
    /// After a login, whatever happens.
    public var sessionLifetime: Int64
    /// Without a refresh.
    public var sessionIdle: Int64
    /// In which a used refresh token may come again for the same successor.
    public var refreshGrace: Int64
    public var devices: DevicePolicy
    public var rotation: KeyRotation
    public var passwordCost: PasswordHashing.Cost
    /// Scopes that a user's login may ask for, and gets where it asks for none.
    public var userScopes: [String]
    public var limits: LoginLimits
    /// Seconds that a verifier may keep a status list; `nil`: tokens have no status, for their verifiers follow the revocation feed.
    public var statusListAge: Int64?

    /// Requests that may be made before somebody has to wait.
    public struct LoginLimits: Sendable, Hashable {
        /// Logins per minute from one address, whoever they are for.
        public var perAddress: Int
        /// Logins per minute for one name from one address.
        public var perNameAndAddress: Int
        /// Logins per quarter of an hour for one name from anywhere.
        public var perName: Int

        public init(perAddress: Int = 60, perNameAndAddress: Int = 10, perName: Int = 100) {
            self.perAddress = perAddress
            self.perNameAndAddress = perNameAndAddress
            self.perName = perName
        }
    }

    public init(
        issuer: String, audience: String, algorithm: Algorithm = .es256, accessLifetime: Int64 = 900,
        sessionLifetime: Int64 = 30 * 86_400, sessionIdle: Int64 = 14 * 86_400, refreshGrace: Int64 = 10,
        devices: DevicePolicy = DevicePolicy(), rotation: KeyRotation = KeyRotation(),
        passwordCost: PasswordHashing.Cost = PasswordHashing.Cost(), userScopes: [String] = [],
        limits: LoginLimits = LoginLimits(), statusListAge: Int64? = nil
    ) {
        self.issuer = issuer
        self.audience = audience
        self.algorithm = algorithm
        self.accessLifetime = max(1, accessLifetime)
        self.sessionLifetime = max(1, sessionLifetime)
        self.sessionIdle = max(1, sessionIdle)
        self.refreshGrace = max(0, refreshGrace)
        self.devices = devices
        self.rotation = rotation
        self.passwordCost = passwordCost
        self.userScopes = userScopes
        self.limits = limits
        self.statusListAge = statusListAge.map { max(1, $0) }
    }
}
