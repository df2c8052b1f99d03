# An image with ftl, its timer, and the blessed revision of a package.

packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "~> 1"
    }
  }
}

variable "region" {
  type = string
}

variable "bucket" {
  type        = string
  description = "FTL_BUCKET"
}

variable "package" {
  type        = string
  description = "The package that the machines run"
}

variable "executable" {
  type        = string
  description = "The file that the build made: dist/ftl-<version>-linux-x86_64"
}

variable "machine_profile" {
  type        = string
  description = "The instance profile of the machines: its role may read the bucket"
}

source "amazon-ebs" "machine" {
  region        = var.region
  instance_type = "t3.micro"
  ssh_username  = "ec2-user"

  source_ami_filter {
    filters = {
      name                = "al2023-ami-2023.*-x86_64"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    owners      = ["amazon"]
    most_recent = true
  }

  iam_instance_profile = var.machine_profile
  ami_name             = "ftl-${var.package}-${formatdate("YYYYMMDDhhmmss", timestamp())}"
  imds_support         = "v2.0"

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  tags = {
    package = var.package
  }
}

build {
  sources = ["source.amazon-ebs.machine"]

  provisioner "file" {
    source      = var.executable
    destination = "/tmp/ftl"
  }

  provisioner "shell" {
    script          = "${path.root}/install.sh"
    execute_command = "chmod +x {{ .Path }}; sudo env {{ .Vars }} {{ .Path }} /tmp/ftl ${var.package}"
    environment_vars = [
      "FTL_BUCKET=${var.bucket}",
      "AWS_REGION=${var.region}",
    ]
  }
}
