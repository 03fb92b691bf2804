internal import FastVerify
public import FastVerifyAccess
public import HTTPTypes
public import Hummingbird

/// For a refusal that a middleware answers before it reaches the authenticator: the same answer, in a space without a name.
extension Refusal: HTTPResponseError {
    public var status: HTTPResponse.Status { answer.status }

    public func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(ProtectionSpace(realm: "").response(to: self))
    }
}

extension Response {
    init(_ answer: RefusalResponse) {
        self.init(
            status: answer.status, headers: answer.fields,
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
    }
}
