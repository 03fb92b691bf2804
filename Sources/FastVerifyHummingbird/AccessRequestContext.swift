public import FastVerifyAccess
public import Hummingbird

/// A request context that knows who is calling, once a `BearerAuthenticator` has seen the request.
///
///     struct Context: AccessRequestContext {
///         var coreContext: CoreRequestContextStorage
///         var access: RequestAccess<AccessIdentity>
///
///         init(source: ApplicationRequestContextSource) {
///             coreContext = CoreRequestContextStorage(source: source)
///             access = RequestAccess(source: source)
///         }
///     }
public protocol AccessRequestContext<Identity>: RequestContext {
    /// What handlers learn about the caller: `AccessIdentity`, or a type of your own.
    associatedtype Identity: TokenIdentity

    var access: RequestAccess<Identity> { get set }
}

extension AccessRequestContext {
    /// Who calls; `nil` for an anonymous request.
    public var identity: Identity? { access.identity }

    /// Who calls.
    ///
    /// - Throws: for an anonymous request a `Refusal`, which the authenticator answers with 401.
    public func requireIdentity() throws(Refusal) -> Identity {
        guard let identity = access.identity else { throw Refusal(.noCredentials, "anonymous") }
        return identity
    }
}

/// A context for applications that need nothing else in it.
public struct BasicAccessRequestContext<Identity: TokenIdentity>: AccessRequestContext {
    public var coreContext: CoreRequestContextStorage
    public var access: RequestAccess<Identity>

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        access = RequestAccess(source: source)
    }
}

/// The usual context: `Router(context: AccessContext.self)`.
public typealias AccessContext = BasicAccessRequestContext<AccessIdentity>
