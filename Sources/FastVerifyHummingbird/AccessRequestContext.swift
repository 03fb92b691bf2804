public import FastVerifyAccess
public import Hummingbird

/// A request context with room for what a `BearerAuthenticator` learns.
public protocol AccessRequestContext<Identity>: RequestContext {
    associatedtype Identity: TokenIdentity
    /// Set by the authenticator; unset before it.
    var access: RequestAccess<Identity> { get set }
}
