// A file of its own, as the page's policy forbids scripts that stand in it.
SwaggerUIBundle({
  url: "/openapi.yaml",
  dom_id: "#page",
  deepLinking: true,
  tryItOutEnabled: true,
  // Would be asked for elsewhere.
  validatorUrl: null,
});
