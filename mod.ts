import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { extract } from "tar-stream";
console.log(typeof S3Client, typeof FetchHttpHandler, typeof extract, typeof ListObjectsV2Command);
