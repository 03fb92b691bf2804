import FastVerify
import Foundation
import HTTPTypes
import Testing

@testable import FastVerifyAccess

struct ClientCertificateTests {
    /// A self-signed certificate of P-256, and its digest as `openssl x509 -fingerprint -sha256` prints it.
    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBejCCAR+gAwIBAgIUAbnpUR3ixLbjRROGdEA8eWgscigwCgYIKoZIzj0EAwIw
        ETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2MTEyMjAxMzY1N1oYDzIxMjYxMDI5MDEz
        NjU3WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
        AAQ3pJYZ5Wun1kS6J4UO9SkKbzdEaf0XKJekNiQXexYsGpGQlxYq0LuJcdA1sGrp
        p37TRo6TwPL5rSUwof7KsWMOo1MwUTAdBgNVHQ4EFgQUghuoAp8dvWhTCmSnNvlv
        v2LYGocwHwYDVR0jBBgwFoAUghuoAp8dvWhTCmSnNvlvv2LYGocwDwYDVR0TAQH/
        BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAjVkCWMLZPIlMKSV7f060Scea0jxJ
        Sy/vKcLSBtfG73kCIQDDzL5KKikPH7ueiqGOEDhD08B3FVHcfW99OemlUlr3GA==
        -----END CERTIFICATE-----
        """
    private static let hash = "f04fd907e2ed404c3f83f6511323cb6c228f1f5ca192afa04260df354ac768cd"
    private static let thumbprint: SHA256Digest = {
        let digits = Array(hash.utf8).map { TargetURI.hexValue($0)! }
        return SHA256Digest(bytes: stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })!
    }()
    private static let der = ClientCertificate.base64(
        pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined().utf8)!
    private static let escaped = pem.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
    private static let other = ClientCertificate(der: [0x30, 0x03, 0x02, 0x01, 0x08])!

    @Test func digestIsThatOfOpenSSL() {
        #expect(ClientCertificate(pem: Self.pem)?.thumbprint == Self.thumbprint)
        #expect(ClientCertificate(der: Self.der)?.thumbprint == Self.thumbprint)
        #expect(
            ClientCertificate(pem: "\n" + Self.pem + "\r\n" + Self.pem)?.thumbprint == Self.thumbprint,
            "the first counts")
    }

    @Test func whatIsNoCertificate() {
        let der = Self.der
        for bytes: [UInt8] in [
            [], [0x30], Array(der.dropLast()), der + [0], [0x31] + der.dropFirst(), [0x30, 0x80],
            [0x30, 0x81, 0x01, 0x00],
            [0x30, 0x84, 0, 0, 0, 1, 0], [0x30, 0x82, 0x00, 0x81] + Array(repeating: 0, count: 129),
        ] as [[UInt8]] {
            #expect(ClientCertificate(der: bytes) == nil)
        }
        let body = Self.pem.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")
        for text in [
            "", body, "x" + Self.pem, Self.pem + "x",
            Self.pem.replacingOccurrences(of: "CERTIFICATE", with: "PRIVATE KEY"),
            "-----BEGIN CERTIFICATE-----\n" + body, Self.pem.replacingOccurrences(of: "\nM", with: "\n-"),
            Self.pem.replacingOccurrences(of: "END", with: "BEGIN"),
        ] {
            #expect(ClientCertificate(pem: text) == nil)
        }
    }

    private func read(
        _ form: ForwardedCertificate, _ values: String..., trusted: Bool = true
    ) -> Result<ClientCertificate?, Refusal> {
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: form.name, value: value)) }
        return Result { () throws(Refusal) in try form.certificate(in: fields, isFromTrustedProxy: trusted) }
    }

    private func thumbprint(_ form: ForwardedCertificate, _ values: String...) -> SHA256Digest? {
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: form.name, value: value)) }
        return (try? form.certificate(in: fields, isFromTrustedProxy: true))?.thumbprint
    }

    @Test func onlyFromATrustedProxy() {
        let forms: [(ForwardedCertificate, String)] = [
            (.clientCert, ":\(Data(Self.der).base64EncodedString()):"), (.envoy(hops: 1), "Hash=\(Self.hash)"),
            (.escapedPEM(HTTPField.Name("ssl-client-cert")!), Self.escaped),
        ]
        for (form, value) in forms {
            #expect(thumbprint(form, value) == Self.thumbprint)
            #expect(read(form, value, trusted: false) == .success(nil))
            #expect(read(form) == .success(nil) && read(form, "") == .success(nil))
        }
    }

    @Test func fieldsThatAreRepeatedOrMalformed() {
        let base64 = Data(Self.der).base64EncodedString()
        for value in [
            base64, ":\(base64)", ":\(base64):;a", "::", ": \(base64):", ":\(base64.dropLast()):", ":*:", ":-_==:",
        ] {
            #expect(read(.clientCert, value) == .failure(Refusal(.invalidRequest, "certificate_malformed")), "\(value)")
        }
        let twice = read(.clientCert, ":\(base64):", ":\(base64):")
        #expect(twice == .failure(Refusal(.invalidRequest, "certificate_repeated")))
        let long = String(repeating: "a", count: 300_000)
        #expect(read(.clientCert, long) == .failure(Refusal(.invalidRequest, "certificate_too_large")))
        let nginx = ForwardedCertificate.escapedPEM(HTTPField.Name("ssl-client-cert")!)
        for value in ["%", "%2", "%zz", "(null)", "é", Self.escaped + "%0"] {
            #expect(read(nginx, value) == .failure(Refusal(.invalidRequest, "certificate_malformed")), "\(value)")
        }
        #expect(
            thumbprint(nginx, Self.pem.replacingOccurrences(of: "\n", with: "%0A")) == Self.thumbprint,
            "no more than needed")
    }

    @Test func envoy() {
        let own =
            "By=spiffe://mesh/api;Hash=\(Self.hash);Subject=\"CN=\\\"a, b\\\";O=x\";URI=;DNS=a.example;DNS=b.example"
        let forged = "Hash=\(Self.other.thumbprint.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())"
        #expect(thumbprint(.envoy(hops: 1), own) == Self.thumbprint)
        #expect(
            thumbprint(.envoy(hops: 1), "\(forged), \(own)") == Self.thumbprint, "what a client wrote stands before")
        #expect(thumbprint(.envoy(hops: 1), forged, own) == Self.thumbprint, "in a field of its own as well")
        #expect(thumbprint(.envoy(hops: 2), "\(forged),\(own),\(forged)") == Self.thumbprint)
        #expect(
            thumbprint(.envoy(hops: 1), "Cert=\"\(Self.escaped)\";Hash=\(Self.hash.uppercased())") == Self.thumbprint)
        #expect(thumbprint(.envoy(hops: 1), "chain=\"\(Self.escaped)\(Self.escaped)\"") == Self.thumbprint)
        for value in [
            "", ",", ";", "Hash", "Hash=", "=\(Self.hash)", "Hash=\(Self.hash.dropLast())", "Hash=\(Self.hash)0",
            "Hash=\"\(Self.hash)", "Hash=\"\(Self.hash)\"x", "Hash=\(Self.hash);", "Hash=\(Self.hash),",
            "By=spiffe://mesh/api", "Cert=\"\(Self.escaped)\";\(forged)", "Hash=\(Self.hash);\(forged)",
            "H h=\(Self.hash)",
            String(repeating: "Hash=\(Self.hash),", count: 16) + "Hash=\(Self.hash)", "DNS=\"\\",
        ] where !value.isEmpty {
            #expect(
                read(.envoy(hops: 1), value) == .failure(Refusal(.invalidRequest, "certificate_malformed")), "\(value)")
        }
        for hops in [0, 2] {
            #expect(read(.envoy(hops: hops), own) == .failure(Refusal(.invalidRequest, "certificate_malformed")))
        }
    }
}
