// A SOAP service by npm soap at PORT, after crates/convert/tests/wsdl/document.wsdl: `node quotes.js WSDL`. It answers what it was
// sent, and a fault to who has no name.
const { readFileSync } = require("node:fs");
const http = require("node:http");
const soap = require("soap");

const Echo = (told) => {
  if (told.name === "?") {
    const detail = { refused: { reason: "no name", code: 7 } };
    throw { Fault: { faultcode: "soap:Client", faultstring: "who asks must have a name", detail } };
  }
  return told;
};
const service = { DocumentService: { Soap11: { Echo } } };
const server = http.createServer((_, response) => response.writeHead(404).end());
server.listen(Number(process.env.PORT), "127.0.0.1", () => {
  soap.listen(server, "/soap/document", service, readFileSync(process.argv[2], "utf8"));
});
