/** Stand-ins for the services around S3 that hand out credentials. */

/** What a service hands out. */
export interface Handout {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
  /** Milliseconds from now. */
  readonly lifetime: number;
}

/** An HTTP server on loopback, with a log of `METHOD path`. */
export class StandIn implements AsyncDisposable {
  readonly log: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer: (request: Request, path: string) => Response | Promise<Response>) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      this.log.push(`${request.method} ${pathname}`);
      return answer(request, pathname + search);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

const NOT_FOUND = { status: 404 };

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html, version 2:
 * nothing without a token that was asked for by PUT.
 */
export function metadataService(
  { region, handout }: { region: string; handout: () => Handout },
): StandIn {
  const token = crypto.randomUUID();
  return new StandIn((request, path) => {
    if (path === "/latest/api/token") {
      const asked = request.method === "PUT" &&
        request.headers.has("x-aws-ec2-metadata-token-ttl-seconds");
      return asked ? new Response(token) : new Response("", { status: 400 });
    }
    if (request.headers.get("x-aws-ec2-metadata-token") !== token) {
      return new Response("", { status: 401 });
    }
    if (path === "/latest/meta-data/placement/region") return new Response(region);
    if (path === "/latest/meta-data/instance-id") return new Response("i-0abc");
    const roles = "/latest/meta-data/iam/security-credentials/";
    if (path === roles) return new Response("the-role");
    if (path === `${roles}the-role`) return Response.json(asMetadata(handout()));
    return new Response("", NOT_FOUND);
  });
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
export function containerEndpoint(
  { authorization, handout }: { authorization: string; handout: Handout },
): StandIn {
  return new StandIn((request) =>
    request.headers.get("authorization") === authorization
      ? Response.json(asMetadata(handout))
      : new Response("", { status: 403 })
  );
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function tokenService({ webIdentity, handout }: {
  webIdentity: string;
  handout: Handout;
}): StandIn {
  return new StandIn(async (request) => {
    const form = new URLSearchParams(await request.text());
    if (form.get("WebIdentityToken") !== webIdentity) return new Response("", { status: 403 });
    const { accessKeyId, secretAccessKey, token, lifetime } = handout;
    return new Response(
      `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <AssumeRoleWithWebIdentityResult><Credentials>
          <AccessKeyId>${accessKeyId}</AccessKeyId>
          <SecretAccessKey>${secretAccessKey}</SecretAccessKey>
          <SessionToken>${token}</SessionToken>
          <Expiration>${timeIn(lifetime)}</Expiration>
        </Credentials></AssumeRoleWithWebIdentityResult>
      </AssumeRoleWithWebIdentityResponse>`,
      { headers: { "content-type": "text/xml" } },
    );
  });
}

/** https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html */
export function signOnPortal({ bearer, handout }: { bearer: string; handout: Handout }): StandIn {
  const { accessKeyId, secretAccessKey, token, lifetime } = handout;
  return new StandIn((request) =>
    request.headers.get("x-amz-sso_bearer_token") === bearer
      ? Response.json({
        roleCredentials: {
          accessKeyId,
          secretAccessKey,
          sessionToken: token,
          expiration: Date.now() + lifetime,
        },
      })
      : new Response("", { status: 401 })
  );
}

/** As the metadata service and the container endpoint have it. */
function asMetadata({ accessKeyId, secretAccessKey, token, lifetime }: Handout): unknown {
  return {
    Code: "Success",
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: token,
    Expiration: timeIn(lifetime),
  };
}

function timeIn(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString();
}
