// Loaded by the first kick: bundles keep of the SDK what is named here.
export { InvokeCommand } from "@aws-sdk/client-lambda";
