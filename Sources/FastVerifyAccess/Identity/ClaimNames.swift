/// Where an issuer writes what RFC 9068 leaves open: paths of member names, from the top of the claims inwards.
public struct ClaimNames: Sendable, Hashable {
    /// RFC 9068 §2.2.3.1; with Keycloak `["realm_access", "roles"]`.
    public var roles: [String]
    public var permissions: [String]
    public var tenant: [String]

    public init(
        roles: [String] = ["roles"], permissions: [String] = ["permissions"], tenant: [String] = ["tenant"]
    ) {
        self.roles = roles
        self.permissions = permissions
        self.tenant = tenant
    }
}
