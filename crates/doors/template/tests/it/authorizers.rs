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
        expect![[""]],
    );
}

#[test]
fn a_rest_api_asks_functions_and_wants_keys() {
    check(
        r#"
Parameters: { Key: { Type: String, NoEcho: true, Default: twenty-letters-at-least } }
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
  Key: { Type: AWS::ApiGateway::ApiKey, Properties: { Name: jane, Enabled: true, Value: !Ref Key } }
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
        expect![[""]],
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
        expect![[""]],
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
        expect![[""]],
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
        Read: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: /a, Method: get, Auth: { Authorizer: None, More: 1 } } }
  Document:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Body:
        info: { title: t }
        components: { securitySchemes: { Plain: { type: http, scheme: basic }, Key: { type: apiKey, name: x-api-key, in: header } } }
        security: [{ Missing: [] }]
        paths: { /a: { get: { security: [{ Key: [] }], x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: https://example.com } } } }
"#,
        expect![[""]],
    );
}
