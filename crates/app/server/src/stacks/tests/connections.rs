//! Connections and API destinations of stacks: made with their secrets, changed, gone.

use serde_json::{Value, json};

use super::site::Site;

const SHOP: &str = "
Parameters: { Secret: { Type: String, NoEcho: true, Default: hush } }
Resources:
  Shop:
    Type: AWS::Events::Connection
    Properties:
      Name: shop
      Description: Its API.
      AuthorizationType: OAUTH_CLIENT_CREDENTIALS
      AuthParameters:
        OAuthParameters:
          ClientParameters: { ClientID: me, ClientSecret: !Ref Secret }
          AuthorizationEndpoint: https://shop.example.com/token
          HttpMethod: POST
          OAuthHttpParameters: { BodyParameters: [{ Key: scope, Value: orders, IsValueSecret: false }] }
        InvocationHttpParameters: { HeaderParameters: [{ Key: x-version, Value: 2, IsValueSecret: \"true\" }] }
  Orders:
    Type: AWS::Events::ApiDestination
    Properties:
      Name: orders
      ConnectionArn: !GetAtt Shop.Arn
      InvocationEndpoint: https://shop.example.com/malls/*/orders
      HttpMethod: PUT
      InvocationRateLimitPerSecond: 5
Outputs:
  Arn: { Value: !GetAtt Shop.Arn }
  Secret: { Value: !GetAtt Shop.SecretArn }
  Policy: { Value: !GetAtt Orders.ArnForPolicy }
";

fn named(name: &str) -> Value {
    json!({ "Name": name })
}

#[tokio::test]
async fn a_destination_is_made_with_its_connection() {
    let site = Site::start().await;
    let told = site.deploy(SHOP).await;
    assert!(!told.contains("hush"), "{told}");
    let shop = site.events("DescribeConnection", named("shop")).await.unwrap();
    assert!(told.contains(shop["ConnectionArn"].as_str().unwrap()), "{told}");
    assert!(told.contains(shop["SecretArn"].as_str().unwrap()), "{told}");
    assert!(told.contains("arn:aws:events:us-east-1:000000000000:api-destination/orders\n"), "{told}");
    assert_eq!((&shop["Description"], &shop["ConnectionState"]), (&json!("Its API."), &json!("AUTHORIZED")));
    assert_eq!(
        shop["AuthParameters"],
        json!({
            "OAuthParameters": {
                "ClientParameters": { "ClientID": "me" },
                "AuthorizationEndpoint": "https://shop.example.com/token",
                "HttpMethod": "POST",
                "OAuthHttpParameters": { "BodyParameters": [{ "Key": "scope", "Value": "orders", "IsValueSecret": false }] },
            },
            "InvocationHttpParameters": { "HeaderParameters": [{ "Key": "x-version", "IsValueSecret": true }] },
        })
    );
    let orders = site.events("DescribeApiDestination", named("orders")).await.unwrap();
    assert_eq!((&orders["ConnectionArn"], &orders["HttpMethod"]), (&shop["ConnectionArn"], &json!("PUT")));
    assert_eq!(
        (&orders["InvocationRateLimitPerSecond"], &orders["ApiDestinationState"]),
        (&json!(5), &json!("ACTIVE"))
    );
}

#[tokio::test]
async fn what_a_template_no_longer_says_is_gone() {
    let site = Site::start().await;
    site.deploy(SHOP).await;
    let before = site.events("DescribeConnection", named("shop")).await.unwrap();
    let bare = SHOP
        .replace("        InvocationHttpParameters: { HeaderParameters: [{ Key: x-version, Value: 2, IsValueSecret: \"true\" }] }\n", "")
        .replace("      Description: Its API.\n", "")
        .replace("      InvocationRateLimitPerSecond: 5\n", "");
    site.deploy(&bare).await;
    let shop = site.events("DescribeConnection", named("shop")).await.unwrap();
    assert_eq!(shop["ConnectionArn"], before["ConnectionArn"]);
    assert_eq!((&shop["Description"], &shop["AuthParameters"]["InvocationHttpParameters"]), (&Value::Null, &json!({})));
    let orders = site.events("DescribeApiDestination", named("orders")).await.unwrap();
    assert_eq!(orders["InvocationRateLimitPerSecond"], 300);

    site.deploy("Resources: { Q: { Type: 'AWS::SQS::Queue' } }").await;
    for (operation, name) in [("DescribeConnection", "shop"), ("DescribeApiDestination", "orders")] {
        assert!(site.events(operation, named(name)).await.unwrap_err().contains("does not exist"));
    }
}

#[tokio::test]
async fn what_cannot_be_called_is_not_deployed() {
    let site = Site::start().await;
    let plain = SHOP.replace("https://shop.example.com/malls", "http://shop.example.com/malls");
    let fault = site.try_deploy(&plain).await.unwrap_err().to_string();
    assert!(fault.contains("https://") && !fault.contains("hush"), "{fault}");
    assert!(site.events("DescribeConnection", named("shop")).await.is_err());
}
