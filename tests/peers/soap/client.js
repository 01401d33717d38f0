// npm soap as a client of a REST service that naru offers as SOAP: `node client.js WSDL-URL`; any surprise is an exception.
const assert = require("node:assert");
const soap = require("soap");

async function main() {
  const client = await soap.createClientAsync(process.argv[2]);
  const [answer] = await client.placeOrderAsync({
    "order-id": "a b/1",
    body: { kind: "retail", count: 2, items: [{ sku: "s1", parts: [{ sku: "s2" }] }] },
  });
  assert.equal(answer.result.path, "/v1/orders/a%20b%2F1");
  assert.equal(answer.result.order.count, 2);
  assert.equal(answer.result.order.items[0].parts[0].sku, "s2");
  await assert.rejects(
    client.placeOrderAsync({ "order-id": "missing", body: { kind: "bulk", items: [] } }),
    /order missing is unknown/,
  );
}

main().then(() => console.log("  npm soap: calls it, and a problem is an error"), (error) => { console.error(error); process.exit(1); });
