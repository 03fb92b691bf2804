public import FastVerifyAccess
internal import HTTPTypes
public import Hummingbird

extension RouterMethods {
    /// Serves the metadata of a protected resource where clients look for it (RFC 9728 §3). Add it before the authenticator:
    /// whoever reads it has no token yet.
    @discardableResult
    public func metadata(of resource: ProtectedResource) -> Self {
        let body = ByteBuffer(string: resource.json)
        return get(RouterPath(resource.wellKnownPath)) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "max-age=3600"],
                body: ResponseBody(byteBuffer: body))
        }
    }
}
