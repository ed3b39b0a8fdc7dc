//! Who may send requests for an API's routes, and other servers behind them.

use expect_test::{Expect, expect};

use super::read;

#[track_caller]
fn check(resources: &str, expected: Expect) {
    expected.assert_eq(&read(&format!("Transform: AWS::Serverless-2016-10-31\n{resources}")));
}

#[test]
fn an_http_api_asks_tokens_and_functions() {
    check(
        r#"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: pets, ProtocolType: HTTP } }
  Tokens:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: tokens
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: https://issuer.example, Audience: [pets] }
    Metadata: { Bongsu: { Jwks: { keys: [{ kty: RSA, kid: "1", n: AQ, e: AQAB }] } } }
  Gate:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: gate
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:gate/invocations
      AuthorizerPayloadFormatVersion: "2.0"
      EnableSimpleResponses: true
      AuthorizerResultTtlInSeconds: 60
      IdentitySource: [$request.header.Authorization, $request.querystring.shop]
      AuthorizerCredentialsArn: arn:aws:iam::000000000000:role/r
  Elsewhere:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: https://example.com/{proxy}
      PayloadFormatVersion: "1.0"
      TimeoutInMillis: 2000
      RequestParameters: { "overwrite:header.x-who": $context.authorizer.claims.sub }
      ResponseParameters: { "200": { ResponseParameters: [{ Destination: "remove:header.server", Source: "''" }] } }
  Read:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /{proxy+}
      Target: !Sub integrations/${Elsewhere}
      AuthorizationType: JWT
      AuthorizerId: !Ref Tokens
      AuthorizationScopes: [read]
  Write:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: POST /{proxy+}
      Target: !Sub integrations/${Elsewhere}
      AuthorizationType: CUSTOM
      AuthorizerId: !GetAtt Gate.AuthorizerId
  Quick: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: quick, ProtocolType: HTTP, Target: https://example.com, RouteKey: GET /quick } }
"#,
        expect![[r#"
            4: api Api pets Http, stages $default
                 0231ab from ["$request.header.Authorization"]: Token { issuer: "https://issuer.example", audience: ["pets"], keys: Some("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"1\",\"n\":\"AQ\",\"e\":\"AQAB\"}]}") }
                 6ed564 from ["$request.header.Authorization", "$request.querystring.shop"]: Function { function: FunctionReference { name: "gate", qualifier: None }, question: V2 { simple: true }, ttl_seconds: 60 }
            37: route Read GET /{proxy+}
                 Proxy { method: None, uri: "https://example.com/{proxy}", parameters: {"overwrite:header.x-who": "$context.authorizer.claims.sub"}, responses: {200: {"remove:header.server": "''"}}, timeout_millis: 2000 }
                 AccessResource { authorizer: Some("0231ab"), scopes: ["read"], needs_key: false }
            46: route Write POST /{proxy+}
                 Proxy { method: None, uri: "https://example.com/{proxy}", parameters: {"overwrite:header.x-who": "$context.authorizer.claims.sub"}, responses: {200: {"remove:header.server": "''"}}, timeout_millis: 2000 }
                 AccessResource { authorizer: Some("6ed564"), scopes: [], needs_key: false }
            54: api Quick quick Http, stages $default
            54: route Quick GET /quick
                 Proxy { method: None, uri: "https://example.com", parameters: {}, responses: {}, timeout_millis: 30000 }
            25: ignored Gate AuthorizerCredentialsArn: roles are not evaluated
        "#]],
    );
}

#[test]
fn a_rest_api_asks_functions_and_wants_keys() {
    check(
        r#"
Parameters: { Secret: { Type: String, NoEcho: true, Default: twenty-letters-at-least } }
Resources:
  Api: { Type: AWS::ApiGateway::RestApi, Properties: { Name: pets, ApiKeySourceType: HEADER } }
  Tokens:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: tokens
      Type: TOKEN
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:gate/invocations
      IdentitySource: method.request.header.Authorization
      IdentityValidationExpression: "[a-z]+"
  Requests:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: requests
      Type: REQUEST
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:gate/invocations
      IdentitySource: method.request.header.Authorization, context.identity.sourceIp
      AuthorizerResultTtlInSeconds: 0
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Tokens
      Integration: { Type: HTTP_PROXY, IntegrationHttpMethod: GET, Uri: https://example.com/, RequestParameters: { integration.request.header.x: "'y'" } }
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: POST
      AuthorizationType: NONE
      ApiKeyRequired: true
      Integration: { Type: HTTP, IntegrationHttpMethod: PUT, Uri: https://example.com/, IntegrationResponses: [{ StatusCode: 200 }] }
  Deployment: { Type: AWS::ApiGateway::Deployment, DependsOn: [Get, Post], Properties: { RestApiId: !Ref Api, StageName: prod } }
  Key: { Type: AWS::ApiGateway::ApiKey, Properties: { Name: jane, Enabled: true, Value: !Ref Secret } }
  Off: { Type: AWS::ApiGateway::ApiKey, Properties: { Name: joe, Value: another-twenty-letters } }
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    DependsOn: Deployment
    Properties:
      UsagePlanName: gold
      ApiStages: [{ ApiId: !Ref Api, Stage: prod }]
      Throttle: { RateLimit: 10, BurstLimit: 5 }
      Quota: { Limit: 1000, Period: MONTH }
  Jane: { Type: AWS::ApiGateway::UsagePlanKey, Properties: { KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan } }
  Joe: { Type: AWS::ApiGateway::UsagePlanKey, Properties: { KeyId: !Ref Off, KeyType: API_KEY, UsagePlanId: !Ref Plan } }
"#,
        expect![[r#"
            5: api Api pets Rest, stages prod
                 0231ab from ["method.request.header.Authorization"]: Function { function: FunctionReference { name: "gate", qualifier: None }, question: Token { pattern: Some("[a-z]+") }, ttl_seconds: 300 }
                 f47268 from ["method.request.header.Authorization", "context.identity.sourceIp"]: Function { function: FunctionReference { name: "gate", qualifier: None }, question: Request, ttl_seconds: 0 }
                 UsagePlanResource { id: "87c315", stages: ["prod"], keys: [("348f567502", ***)], throttle: Some(Throttle { rate: 10.0, burst: 5 }), quota: Some(Quota { limit: 1000, period: Month }) }, keys from authorizers false
            24: route Get GET /
                 Proxy { method: Some("GET"), uri: "https://example.com/", parameters: {"integration.request.header.x": "'y'"}, responses: {}, timeout_millis: 29000 }
                 AccessResource { authorizer: Some("0231ab"), scopes: [], needs_key: false }
            33: route Post POST /
                 Http { method: "PUT", uri: "https://example.com/", rest: RestIntegrationResource { parameters: {}, templates: {}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {}, templates: {} }] }, timeout_millis: 29000 }
                 AccessResource { authorizer: None, scopes: [], needs_key: true }
        "#]],
    );
}

#[test]
fn sam_writes_the_same() {
    check(
        r#"
Globals:
  HttpApi:
    Auth:
      DefaultAuthorizer: Tokens
      Authorizers:
        Tokens:
          JwtConfiguration: { issuer: https://issuer.example, audience: [pets] }
          IdentitySource: $request.header.Authorization
          AuthorizationScopes: [read]
        Gate:
          FunctionArn: !GetAtt Asked.Arn
          AuthorizerPayloadFormatVersion: "2.0"
          EnableSimpleResponses: true
          Identity: { Headers: [X-Token], QueryStrings: [shop], ReauthorizeEvery: 30 }
  Api:
    Auth:
      DefaultAuthorizer: Tokens
      ApiKeyRequired: true
      AddDefaultAuthorizerToCorsPreflight: false
      AddApiKeyRequiredToCorsPreflight: false
      Authorizers:
        Tokens: { FunctionArn: !GetAtt Asked.Arn, Identity: { Header: X-Token, ValidationExpression: "[a-z]+", ReauthorizeEvery: 0 } }
        Requests: { FunctionPayloadType: REQUEST, FunctionArn: !GetAtt Asked.Arn, Identity: { QueryStrings: [shop] } }
Resources:
  Asked: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: a.b, InlineCode: x } }
  Http:
    Type: AWS::Serverless::HttpApi
    Properties: { Name: http }
    Metadata: { Bongsu: { Jwks: { Tokens: { keys: [] } } } }
  Rest: { Type: AWS::Serverless::Api, Properties: { Name: rest, StageName: v1, Cors: "'*'" } }
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      InlineCode: x
      Events:
        Read: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: /read, Method: get } }
        Write: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: /write, Method: get, Auth: { AuthorizationScopes: [write] } } }
        Gated: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: /gated, Method: get, Auth: { Authorizer: Gate } } }
        Open: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: /open, Method: get, Auth: { Authorizer: NONE } } }
        Token: { Type: Api, Properties: { RestApiId: !Ref Rest, Path: /token, Method: get } }
        Request: { Type: Api, Properties: { RestApiId: !Ref Rest, Path: /request, Method: get, Auth: { Authorizer: Requests, ApiKeyRequired: false } } }
        Free: { Type: Api, Properties: { RestApiId: !Ref Rest, Path: /free, Method: get, Auth: { Authorizer: NONE, ApiKeyRequired: false } } }
"#,
        expect![[r#"
            27: function Asked = shop-Asked-f49bee594773, python3.12 a.b in Inline("x")
                 3 s, 128 MiB, reserved None
            33: function Work = shop-Work-d9ffdef7798d, python3.12 a.b in Inline("x")
                 3 s, 128 MiB, reserved None
            28: api Http http Http, stages $default
                 Gate from ["$request.header.X-Token", "$request.querystring.shop"]: Function { function: FunctionReference { name: "shop-Asked-f49bee594773", qualifier: None }, question: V2 { simple: true }, ttl_seconds: 30 }
                 Tokens from ["$request.header.Authorization"]: Token { issuer: "https://issuer.example", audience: ["pets"], keys: Some("{\"keys\":[]}") }
            40: route Http GET /read
                 Function { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, payload: V2, timeout_millis: 30000 }
                 AccessResource { authorizer: Some("Tokens"), scopes: ["read"], needs_key: false }
            41: route Http GET /write
                 Function { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, payload: V2, timeout_millis: 30000 }
                 AccessResource { authorizer: Some("Tokens"), scopes: ["write"], needs_key: false }
            42: route Http GET /gated
                 Function { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, payload: V2, timeout_millis: 30000 }
                 AccessResource { authorizer: Some("Gate"), scopes: [], needs_key: false }
            43: route Http GET /open
                 Function { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, payload: V2, timeout_millis: 30000 }
            32: api Rest rest Rest, stages v1
                 Requests from ["method.request.querystring.shop"]: Function { function: FunctionReference { name: "shop-Asked-f49bee594773", qualifier: None }, question: Request, ttl_seconds: 300 }
                 Tokens from ["method.request.header.X-Token"]: Function { function: FunctionReference { name: "shop-Asked-f49bee594773", qualifier: None }, question: Token { pattern: Some("[a-z]+") }, ttl_seconds: 0 }
            44: route Rest GET /token
                 Function { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, payload: V1, timeout_millis: 29000 }
                 AccessResource { authorizer: Some("Tokens"), scopes: [], needs_key: true }
            32: route Rest OPTIONS /token
                 Mock(RestIntegrationResource { parameters: {}, templates: {"application/json": "{\n  \"statusCode\" : 200\n}\n"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {"method.response.header.Access-Control-Allow-Origin": "'*'"}, templates: {"application/json": "{}\n"} }] })
            45: route Rest GET /request
                 Function { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, payload: V1, timeout_millis: 29000 }
                 AccessResource { authorizer: Some("Requests"), scopes: [], needs_key: false }
            32: route Rest OPTIONS /request
                 Mock(RestIntegrationResource { parameters: {}, templates: {"application/json": "{\n  \"statusCode\" : 200\n}\n"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {"method.response.header.Access-Control-Allow-Origin": "'*'"}, templates: {"application/json": "{}\n"} }] })
            46: route Rest GET /free
                 Function { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, payload: V1, timeout_millis: 29000 }
            32: route Rest OPTIONS /free
                 Mock(RestIntegrationResource { parameters: {}, templates: {"application/json": "{\n  \"statusCode\" : 200\n}\n"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {"method.response.header.Access-Control-Allow-Origin": "'*'"}, templates: {"application/json": "{}\n"} }] })
            40: WorkReadPermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:5d22145062/*/GET/read"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            41: WorkWritePermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:5d22145062/*/GET/write"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            42: WorkGatedPermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:5d22145062/*/GET/gated"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            43: WorkOpenPermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:5d22145062/*/GET/open"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            44: WorkTokenPermissionv1 AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:3e1329445e/*/GET/token"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            45: WorkRequestPermissionv1 AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:3e1329445e/*/GET/request"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            46: WorkFreePermissionv1 AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Work-d9ffdef7798d", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:3e1329445e/*/GET/free"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            24: RestTokensAuthorizerPermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Asked-f49bee594773", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:3e1329445e/authorizers/*"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            25: RestRequestsAuthorizerPermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Asked-f49bee594773", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:3e1329445e/authorizers/*"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        "#]],
    );
}

#[test]
fn what_would_let_anybody_in_or_nobody_is_refused() {
    check(
        r#"
Resources:
  Http: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: http, ProtocolType: HTTP } }
  Half: { Type: AWS::ApiGatewayV2::Authorizer, Properties: { ApiId: !Ref Http, Name: a, AuthorizerType: JWT, JwtConfiguration: { Issuer: x } } }
  Format: { Type: AWS::ApiGatewayV2::Authorizer, Properties: { ApiId: !Ref Http, Name: a, AuthorizerType: REQUEST, AuthorizerPayloadFormatVersion: "1.0", EnableSimpleResponses: true, AuthorizerUri: x, IdentityValidationExpression: x }, Metadata: { Bongsu: { Jwks: {} } } }
  To: { Type: AWS::ApiGatewayV2::Integration, Properties: { ApiId: !Ref Http, IntegrationType: HTTP_PROXY, IntegrationMethod: FETCH, IntegrationUri: example.com } }
  Good: { Type: AWS::ApiGatewayV2::Integration, Properties: { ApiId: !Ref Http, IntegrationType: HTTP_PROXY, IntegrationMethod: GET, IntegrationUri: https://example.com } }
  Iam: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Http, RouteKey: GET /a, Target: !Sub "integrations/${Good}", AuthorizationType: AWS_IAM } }
  Unnamed: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Http, RouteKey: GET /b, Target: !Sub "integrations/${Good}", AuthorizationType: JWT } }
  Unknown: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Http, RouteKey: GET /c, Target: !Sub "integrations/${Good}", AuthorizationType: JWT, AuthorizerId: nobody } }
  Silent: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Http, RouteKey: GET /d, Target: !Sub "integrations/${Good}", AuthorizerId: nobody } }
  Rest: { Type: AWS::ApiGateway::RestApi, Properties: { Name: rest, ApiKeySourceType: COOKIE } }
  Stage: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref Rest, StageName: v1 } }
  Pool: { Type: AWS::ApiGateway::Authorizer, Properties: { RestApiId: !Ref Rest, Name: a, Type: COGNITO_USER_POOLS, ProviderARNs: [x] } }
  Blind: { Type: AWS::ApiGateway::Authorizer, Properties: { RestApiId: !Ref Rest, Name: a, Type: TOKEN, AuthorizerUri: x } }
  Made: { Type: AWS::ApiGateway::ApiKey, Properties: { Enabled: true } }
  Short: { Type: AWS::ApiGateway::ApiKey, Properties: { Value: short } }
  Plan: { Type: AWS::ApiGateway::UsagePlan, Properties: { ApiStages: [{ ApiId: !Ref Rest, Stage: v2, Throttle: {} }, { ApiId: !Ref Http, Stage: x }], Quota: { Limit: 1, Period: DAY, Offset: 1 } } }
  Joined: { Type: AWS::ApiGateway::UsagePlanKey, Properties: { KeyId: x, KeyType: API_KEY, UsagePlanId: y } }
"#,
        expect![[r#"
            template.yaml:5: resource Half: IdentitySource is missing
            template.yaml:5: resource Half: Audience is missing
            template.yaml:6: resource Format: Jwks is for authorizers of the type JWT
            template.yaml:6: resource Format: EnableSimpleResponses is for the format 2.0
            template.yaml:6: resource Format: AuthorizerUri: an ARN of a function is needed: arn:aws:lambda:us-east-1:000000000000:function:NAME
            template.yaml:6: resource Format: property IdentityValidationExpression is not supported
            template.yaml:7: resource To: IntegrationMethod must be ANY or DELETE or GET or HEAD or OPTIONS or PATCH or POST or PUT, not FETCH
            template.yaml:7: resource To: IntegrationUri must begin with https:// or http://, not example.com
            template.yaml:9: resource Iam: AuthorizationType must be NONE or JWT or CUSTOM, not AWS_IAM
            template.yaml:10: resource Unnamed: AuthorizerId is missing
            template.yaml:11: resource Unknown: AuthorizerId must point to an authorizer of the API in this template
            template.yaml:12: resource Silent: AuthorizerId needs the AuthorizationType JWT or CUSTOM
            template.yaml:12: resource Silent: AuthorizerId must point to an authorizer of the API in this template
            template.yaml:13: resource Rest: ApiKeySourceType must be HEADER or AUTHORIZER, not COOKIE
            template.yaml:15: resource Pool: user pools are not supported: an HTTP API takes their tokens with an authorizer of the type JWT
            template.yaml:16: resource Blind: IdentitySource is missing
            template.yaml:16: resource Blind: AuthorizerUri: an ARN of a function is needed: arn:aws:lambda:us-east-1:000000000000:function:NAME
            template.yaml:17: resource Made: Value is missing: there is nobody who would tell a generated one
            template.yaml:18: resource Short: Value must be 20 to 128 bytes long
            template.yaml:19: resource Plan: property Throttle is not supported
            template.yaml:19: resource Plan: Offset is not supported: a first period is as long as all others
            template.yaml:19: resource Plan: ApiStages: the API has no stage v2
            template.yaml:19: resource Plan: ApiStages: ApiId must point to an AWS::ApiGateway::RestApi of this template
            template.yaml:20: resource Joined: KeyId must point to an AWS::ApiGateway::ApiKey of this template
            template.yaml:20: resource Joined: UsagePlanId must point to an AWS::ApiGateway::UsagePlan of this template
        "#]],
    );
    check(
        r#"
Resources:
  Http:
    Type: AWS::Serverless::HttpApi
    Properties: { Name: http, Auth: { DefaultAuthorizer: Other, EnableIamAuthorizer: true, Authorizers: { Odd: { UserPoolArn: x } } } }
  Rest:
    Type: AWS::Serverless::Api
    Properties: { Name: rest, StageName: v1, Auth: { DefaultAuthorizer: AWS_IAM, UsagePlan: { CreateUsagePlan: PER_API }, ResourcePolicy: {}, ApiKeyRequired: maybe } }
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      InlineCode: x
      Events:
        Read: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: /a, Method: get, Auth: { Authorizer: Nobody, More: 1 } } }
  Document:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Body:
        info: { title: t }
        components: { securitySchemes: { Plain: { type: http, scheme: basic }, Key: { type: apiKey, name: x-api-key, in: header } } }
        security: [{ Missing: [] }]
        paths: { /b: { get: { security: [{ Key: [] }], x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: https://example.com } } } }
"#,
        expect![[r#"
            template.yaml:6: resource Http: authorizer Odd needs JwtConfiguration or a FunctionArn
            template.yaml:6: resource Http: Auth: the API has no authorizer Other
            template.yaml:6: resource Http: property EnableIamAuthorizer is not supported
            template.yaml:9: resource Rest: AWS_IAM is not supported: functions' own addresses know it
            template.yaml:9: resource Rest: ApiKeyRequired must be true or false, not maybe
            template.yaml:9: resource Rest: UsagePlan is supported as CreateUsagePlan: NONE, beside an AWS::ApiGateway::UsagePlan, an ApiKey with a Value and a UsagePlanKey
            template.yaml:9: resource Rest: property ResourcePolicy is not supported
            template.yaml:17: resource Http: property More is not supported
            template.yaml:17: resource Http: Auth: the API has no authorizer Nobody
            template.yaml:23: resource Document: the scheme Plain has no x-amazon-apigateway-authorizer, and is not the header x-api-key
            template.yaml:24: resource Document: security: no scheme Missing is declared
            template.yaml:25: resource Document: security: only a REST API has keys
        "#]],
    );
}
