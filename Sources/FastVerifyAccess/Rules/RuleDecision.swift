public import FastVerify

extension AccessRule {
    /// Decides. Linear in the size of rule and claims.
    ///
    /// - Throws: what the client is told and the log learns.
    public func check(
        _ claims: borrowing ClaimSet, _ request: borrowing AccessRequest, names: ClaimNames = ClaimNames()
    ) throws(Refusal) {
        switch form {
        case .scopes(let scopes):
            for scope in scopes where !claims.grants(scope: scope) { throw insufficientScope }
        case .anyScope(let scopes):
            for scope in scopes where claims.grants(scope: scope) { return }
            throw insufficientScope
        case .names(let rule): try rule.check(claims, names)
        case .claim(let path, let test):
            guard let value = claims[path: path], test.passes(value) else {
                throw Refusal(.forbidden, "claim_differs")
            }
        case .predicate(let reason, let test):
            guard test(claims) else { throw Refusal(.forbidden, reason) }
        case .tenant(let source, let path): try source.check(claims, path ?? names.tenant, request)
        case .stepUp(let stepUp): try stepUp.check(claims, now: request.now)
        case .all(let rules): try checkAll(rules, claims, request, names)
        case .any(let rules): try checkAny(rules, claims, request, names)
        }
    }

    /// As above, of a token that owns its claims.
    public func check(
        _ token: VerifiedToken, _ request: borrowing AccessRequest, names: ClaimNames = ClaimNames()
    ) throws(Refusal) { try check(token.claims, request, names: names) }

    private var insufficientScope: Refusal { Refusal(.insufficientScope(requiredScopes), "insufficient_scope") }

    private func checkAll(
        _ rules: [AccessRule], _ claims: borrowing ClaimSet, _ request: borrowing AccessRequest, _ names: ClaimNames
    ) throws(Refusal) {
        for rule in rules {
            do throws(Refusal) {
                try rule.check(claims, request, names: names)
            } catch {
                guard case .insufficientScope(let scopes) = error.answer else { throw error }
                let others = requiredScopes.filter { !scopes.contains($0) }
                throw Refusal(.insufficientScope(scopes + others), error.reason)
            }
        }
    }

    private func checkAny(
        _ rules: [AccessRule], _ claims: borrowing ClaimSet, _ request: borrowing AccessRequest, _ names: ClaimNames
    ) throws(Refusal) {
        var refusal: Refusal?
        for rule in rules {
            do throws(Refusal) {
                return try rule.check(claims, request, names: names)
            } catch {
                if refusal.map({ !$0.isCurable && error.isCurable }) ?? true { refusal = error }
            }
        }
        throw refusal ?? Refusal(.forbidden, "no_rule")
    }
}

extension Refusal {
    /// Whether another token of the same user could pass.
    fileprivate var isCurable: Bool {
        switch answer {
        case .insufficientScope, .insufficientAuthentication: true
        default: false
        }
    }
}
