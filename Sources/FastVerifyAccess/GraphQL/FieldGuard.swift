/// Guards a field: puts a rule before a resolver, whatever library calls it.
///
///     let email = FieldGuard(.scopes("users:email")).guarding { (context: Context, user: User) in user.email }
public struct FieldGuard: Sendable {
    public let rule: AccessRule

    public init(_ rule: AccessRule) { self.rule = rule }

    /// The resolver, which is not called unless the caller satisfies the rule.
    public func guarding<Identity, Input, Value>(
        _ resolver: @escaping @Sendable (GraphQLContext<Identity>, Input) async throws -> Value
    ) -> @Sendable (GraphQLContext<Identity>, Input) async throws -> Value {
        { [rule] context, input in
            try context.require(rule)
            return try await resolver(context, input)
        }
    }

    /// As above, for a resolver that does not wait.
    public func guarding<Identity, Input, Value>(
        _ resolver: @escaping @Sendable (GraphQLContext<Identity>, Input) throws -> Value
    ) -> @Sendable (GraphQLContext<Identity>, Input) throws -> Value {
        { [rule] context, input in
            try context.require(rule)
            return try resolver(context, input)
        }
    }
}

/// The rules of a schema's fields by their coordinates (`User.email`), for servers that ask one place before each field.
///
/// A field without a rule of its own falls under that of its type (`User`), then under `others`: all that are given must pass.
/// Introspection (`__schema`, `__type`, `__typename`) has coordinates like all fields.
public struct FieldRules: Sendable {
    private let rules: [String: AccessRule]
    /// `nil` leaves fields without a rule to everybody, anonymous callers included.
    public let others: AccessRule?

    public init(_ rules: [String: AccessRule], others: AccessRule? = .authenticated) {
        self.rules = rules
        self.others = others
    }

    /// Checks the rules of a type and of a field of it, or that of all others where there is neither.
    public func check<Identity>(
        _ type: String, _ field: String, _ context: GraphQLContext<Identity>
    ) throws(Refusal) {
        let (ofType, ofField) = (rules[type], rules["\(type).\(field)"])
        if let ofType { try context.require(ofType) }
        if let ofField { try context.require(ofField) }
        if ofType == nil, ofField == nil, let others { try context.require(others) }
    }
}
