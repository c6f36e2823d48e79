// Loaded by the first token: bundles keep of jose what is named here.
export { jwtVerify } from "jose";
